// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { Bind, services, TrustZone, type Service } from "../../../catalogue";
import { nodeId, renderArchitectureDoc } from "../../../tools/architecture-doc";

const root = resolve(__dirname, "../../..");
const config = (parse(readFileSync(join(root, "Pulumi.prod.yaml"), "utf8")) as { config: Record<string, unknown> })
  .config["opennebula-scaleway:cloud"] as {
  hosts: Record<string, unknown>;
  networks: { vxlan: Record<string, unknown> };
};
const page = renderArchitectureDoc(config, "prod");

/** The lines of each diagram. */
const diagrams = [...page.matchAll(/```mermaid\n([^]*?)```/g)].map(([, body = ""]) => body.trim().split("\n"));

test("every host, network and layer of the plan is there; another host shows", () => {
  for (const host of Object.keys(config.hosts)) expect(page).toContain(`subgraph ${nodeId("host", host)}`);
  for (const name of Object.keys(config.networks.vxlan)) expect(page).toContain(nodeId("vxlan", name));
  const more = structuredClone(config);
  more.hosts.host09 = { roles: ["hypervisor"], managementAddress: "10.16.0.19" };
  expect(renderArchitectureDoc(more, "prod")).toContain("hosttohost 10.16.0.19");
});

test("the flow of data has every service that others reach, by every zone, and none of loopback", () => {
  const flow = diagrams.find((lines) => lines.some((line) => line.includes("zone_private")))!.join("\n");
  for (const [name, { bind, from }] of Object.entries<Service>(services)) {
    for (const zone of Object.values(TrustZone)) {
      const arrow = `${nodeId("zone", zone)} --> ${nodeId("service", name)}\n`;
      expect([name, zone, `${flow}\n`.includes(arrow)]).toEqual([
        name,
        zone,
        bind !== Bind.Loopback && from.includes(zone),
      ]);
    }
  }
});

test("what arrows name exists, and blocks are closed", () => {
  expect(diagrams.length).toBeGreaterThanOrEqual(4);
  for (const [head, ...lines] of diagrams) {
    expect(head).toBe("flowchart LR");
    const opened = lines.filter((line) => line.trim().startsWith("subgraph ")).length;
    expect(lines.filter((line) => line.trim() === "end")).toHaveLength(opened);
    const known = new Set(lines.flatMap((line) => [...line.matchAll(/(\w+)(?=[[({])/g)].map(([, id]) => id)));
    const arrows = lines.filter((line) => /---|-->|-\.-/.test(line));
    for (const line of arrows)
      for (const end of line.replace(/ -- .* -->/, " -->").split(/---|-->|-\.-/))
        expect([line, known.has(/^\w+/.exec(end.trim())![0])]).toEqual([line, true]);
  }
});
