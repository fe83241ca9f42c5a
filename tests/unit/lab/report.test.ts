// SPDX-License-Identifier: Apache-2.0
import { labLayout } from "../../../lab/hosts/layout";
import { renderStatus } from "../../../lab/report";
import type { LabStatus } from "../../../lab/status";

const units = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`${name}.service`, name === "nginx" ? "failed" : "active"]));

const status: LabStatus = {
  healthy: false,
  hosts: [
    {
      name: "fe",
      roles: ["frontend", "hypervisor"],
      address: "203.0.113.10",
      privateAddress: "10.16.0.10",
      units: units(
        "ssh",
        "mariadb",
        "opennebula",
        "prometheus-mysqld-exporter",
        "prometheus-blackbox-exporter",
        "nginx",
      ),
    },
  ],
  oned: { version: "7.0.0", endpoint: "http://127.0.0.1:2633/RPC2", hosts: [{ name: "fe", state: "on" }] },
  stack: {
    resources: 113,
    lastUpdate: { same: 0, created: 109, updated: 0, deleted: 0, logins: 25, seconds: 286.7 },
  },
  unowned: [{ id: "4729285d-cc72-4526-b7e3-a1f7b0f410ea", name: "host02", address: "203.0.113.12" }],
  notInstalled: [
    "Grafana (optional): the repository's key cannot be fetched: HTTP Error 404: Not Found, so it is not here",
  ],
  standIns: ["cloud: lab/scaleway for the Scaleway API, lab/hosts (systemd-nspawn) for the servers that people rent"],
};

const rendered = (columns?: number): string[] =>
  renderStatus({ layout: labLayout("second", "/somewhere") }, status, { columns, secondsTaken: 300.12 }).split("\n");

describe("the status for people", () => {
  test.each([80, 100, 140])("fits a terminal of %i columns", (columns) => {
    const lines = rendered(columns);
    expect(lines.filter(({ length }) => length > columns)).toEqual([]);
    expect(lines.filter((line) => /^[┌├└]/.test(line)).every((line) => /[┐┤┘]$/.test(line))).toBe(true);
    for (const name of Object.keys(status.hosts[0]!.units))
      expect(lines.join("\n")).toContain(name.replace(".service", ""));
    expect(lines).toContain("passwords   npm run -s lab -- --name second outputs --show-secrets");
  });

  it("keeps lines whole where there is no terminal", () => {
    const lines = rendered();
    expect(lines).toContain(`  - ${status.notInstalled[0]}`);
    expect(lines).toContain(`  - ${status.standIns[0]}`);
    expect(lines).toContain("time taken  300.1 s");
  });
});
