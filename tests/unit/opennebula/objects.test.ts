// SPDX-License-Identifier: Apache-2.0

/** Typed objects, made of what a real oned answered. */
import {
  hostFromXml,
  HostState,
  hostStateWord,
  isRunning,
  OneClient,
  OpenNebula,
  parseXml,
  TransportError,
  vmFromXml,
} from "../../../opennebula";
import { loadRecordings } from "../../conformance/oned/recordings";

const answers = new Map<string, string>();
for (const [, recordings] of loadRecordings()) {
  for (const { name, result } of recordings) {
    const content = Array.isArray(result?.value) ? result.value[1]?.value : undefined;
    if (typeof content === "string") answers.set(name, content);
  }
}

/** A client that gets recorded answers. */
class Recorded extends OneClient {
  readonly asked: unknown[][] = [];

  constructor(private readonly byMethod: Record<string, string>) {
    super({ endpoint: "http://127.0.0.1:1/RPC2", username: "u", password: "p" });
  }

  override async callAny(method: string, parameters: readonly unknown[]): Promise<string | number> {
    this.asked.push([method, ...parameters]);
    const answer = answers.get(this.byMethod[method] ?? "");
    if (answer === undefined) throw new Error(`nothing recorded for ${method}`);
    return answer;
  }
}

it("makes hosts", async () => {
  const host = hostFromXml(parseXml("", answers.get("420_one.host.info__with-vms") ?? ""));
  expect(host).toMatchObject({ id: 1, name: "h2", imMad: "dummy", vmMad: "dummy", clusterName: "default" });
  expect(host.vmIds.length).toBeGreaterThan(0);
  expect(host.runningVms).toBeGreaterThan(0);
  expect(host.capacity.maxMemory).toBe(16777216n);
  const hosts = await new OpenNebula(
    new Recorded({ "one.hostpool.info": "125_one.hostpool.info__as-plain-user" }),
  ).hosts.list();
  expect(hosts.map(({ id }) => id)).toEqual([...hosts.map(({ id }) => id)].sort((a, b) => b - a));
  expect(hosts.find(({ name }) => name === "h5")).toMatchObject({ state: HostState.Init, vmIds: [] });
});

it("names states as the command line does, unknown ones too", () => {
  const words = [0, 1, 2, 3, 4, 5, 6, 7, 8, 99].map(hostStateWord);
  expect(words).toEqual(["init", "on", "on", "err", "dsbl", "err", "init", "dsbl", "off", "state 99"]);
});

it("makes clusters, datastores, zones, users and groups, and leaves hashes and tokens of users out", async () => {
  const one = new OpenNebula(
    new Recorded({
      "one.clusterpool.info": "137_one.clusterpool.info",
      "one.datastorepool.info": "164_one.datastorepool.info",
      "one.zonepool.info": "004_one.zonepool.info",
      "one.userpool.info": "028_one.userpool.info",
      "one.group.info": "078_one.group.info",
    }),
  );
  expect(await one.clusters.findByName("prod")).toMatchObject({
    id: 100,
    hostIds: [2],
    datastoreIds: [0, 1],
    networkIds: [],
  });
  expect(await one.datastores.findByName("dimg")).toMatchObject({
    type: 0,
    totalMb: 20480n,
    owner: { userName: "oneadmin" },
  });
  expect(await one.zones.list()).toMatchObject([{ id: 0, endpoint: "http://localhost:2633/RPC2", servers: [] }]);
  const users = await one.users.list();
  expect(users).toHaveLength(5);
  expect(users.find(({ name }) => name === "bob")).toMatchObject({
    primaryGroupName: "devs",
    groupIds: [100, 101],
    enabled: true,
  });
  expect(JSON.stringify(users)).not.toMatch(/[0-9a-f]{64}/);
  // A template of a group may hold vectors.
  expect(await one.groups.info(100)).toMatchObject({
    userIds: [2, 3],
    template: { SUNSTONE: { DEFAULT_VIEW: "cloud" } },
  });
});

it("makes VMs and asks for a pool page by page", async () => {
  const vm = vmFromXml(parseXml("", answers.get("312_one.vm.info__running") ?? ""));
  expect(vm).toMatchObject({ id: 0, name: "web-1", owner: { userName: "oneadmin" } });
  expect(isRunning(vm)).toBe(true);
  const client = new Recorded({ "one.vmpool.info": "397_one.vmpool.info__state-active" });
  const pages: string[][] = [];
  for await (const page of new OpenNebula(client).vms.pages({ pageSize: 4 })) pages.push(page.map(({ name }) => name));
  expect(pages).toEqual([["raw-hold", "raw-1", "web-1-renamed"]]);
  expect(client.asked).toEqual([["one.vmpool.info", -2, 0, -4, -1]]);
});

it("gives oned's configuration", async () => {
  const one = new OpenNebula(new Recorded({ "one.system.config": "002_one.system.config" }));
  expect(await one.config()).toMatchObject({ PORT: "2633", API_LIST_ORDER: "DESC" });
});

it("parses every recorded document", () => {
  const documents = [...answers.values()].filter((text) => text.startsWith("<"));
  expect(documents.length).toBeGreaterThan(100);
  for (const document of documents) expect(parseXml("", document).name).toMatch(/^[A-Z_]+$/);
});

it.each([
  ["text", "hello"],
  ["an unclosed element", "<A><B></A>"],
  ["an entity of its own", '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
  ["an unknown entity", "<A>&x;</A>"],
  ["too many levels", "<A>".repeat(70) + "</A>".repeat(70)],
  ["nothing", ""],
])("refuses %s", (_name, document) => {
  expect(() => parseXml("one.x.info", document)).toThrow(TransportError);
});
