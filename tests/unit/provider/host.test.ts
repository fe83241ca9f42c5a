// SPDX-License-Identifier: Apache-2.0

/** The life of a Host against the stand-in oned, through the real plugin protocol and a proxy that can break calls. */
import { memoryStore, startOned, type Oned, type Prober } from "../../../lab/opennebula/oned/index";
import { dummyProbe } from "../../../lab/opennebula/oned/monitor";
import { OpenNebula } from "../../../opennebula";
import { Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import { openNebulaProvider } from "../../../provider/opennebula";
import { HostResource } from "../../../provider/resources/host";
import { HOST_TIMING } from "../../../provider/resources/host-wait";
import { token } from "../../../provider/types";
import type { CallError } from "../../helpers/provider-client";
import { connectProvider, ProviderClient } from "../../helpers/provider-client";
import { startOnedProxy, type OnedProxy } from "./support/oned-proxy";

const CANARY = "canary-secret-1f2e";
const FAST = {
  ...HOST_TIMING,
  monitoredSeconds: 1,
  emptySeconds: 0.3,
  goneSeconds: 1,
  pollSeconds: 0.02,
  retrySeconds: 0.1,
};
const DUMMY = { imMad: "dummy", vmMad: "dummy" };

let failing: string | undefined;
/** Finds every host of the driver `dummy`, or none while `failing` gives a reason. */
const prober: Prober = ({ imMad }) => {
  if (imMad !== "dummy") return undefined;
  return failing === undefined ? Promise.resolve(dummyProbe) : Promise.reject(new Error(failing));
};

let oned: Oned;
let proxy: OnedProxy;
let provider: ProviderClient;
let one: OpenNebula;

beforeEach(async () => {
  failing = undefined;
  oned = await startOned({
    store: memoryStore(),
    port: 0,
    oneAuth: `oneadmin:${CANARY}`,
    monitorInterval: 0.05,
    prober,
  });
  proxy = await startOnedProxy(oned.port);
  provider = await connectProvider(openNebulaProvider({ [token("Host")]: new HostResource(FAST) }));
  const endpoint = `http://127.0.0.1:${proxy.port}/RPC2`;
  await provider.configure({ endpoint, username: "oneadmin", password: new Secret(CANARY) });
  one = new OpenNebula({ endpoint: `http://127.0.0.1:${oned.port}/RPC2`, username: "oneadmin", password: CANARY });
});

afterEach(async () => {
  await provider.close();
  await proxy.close();
  await oned.close();
});

const call = (name: string, id?: string, timeout?: number) => ({
  type: token("Host"),
  name,
  ...(id === undefined ? {} : { id }),
  ...(timeout === undefined ? {} : { timeout }),
});

interface Made {
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
}

async function make(name: string, args: PropertyMap = {}): Promise<Made> {
  const { inputs, failures } = await provider.check(call(name), { name, ...DUMMY, ...args });
  expect(failures).toEqual([]);
  const { id, properties } = await provider.create(call(name), inputs);
  return { id, inputs, outputs: properties };
}

const hostNames = async (): Promise<string[]> => (await one.hosts.list()).map(({ name }) => name).sort();

describe("create", () => {
  it("registers the host, waits until it is on and tells what oned knows", async () => {
    const made = await make("host01", { attributes: { rack: "A1" } });
    expect(made.outputs).toEqual({
      name: "host01",
      ...DUMMY,
      attributes: { rack: "A1" },
      hostId: 0,
      clusterId: 0,
      clusterName: "default",
      state: "on",
    });
    expect((await one.hosts.info(0)).template).toMatchObject({
      RACK: "A1",
      PULUMI_URN: ProviderClient.urn(call("host01")),
    });
  });

  it("puts the host into a cluster given by name or by id, and names the clusters there are", async () => {
    const cluster = await one.client.call("one.cluster.allocate", ["prod"]);
    expect((await make("host01", { cluster: "prod" })).outputs).toMatchObject({ clusterId: cluster, cluster: "prod" });
    expect((await make("host02", { cluster: String(cluster) })).outputs).toMatchObject({ clusterName: "prod" });
    await expect(make("host03", { cluster: "nowhere" })).rejects.toThrow(
      'there is no cluster "nowhere"; there are prod, default',
    );
    expect(await hostNames()).toEqual(["host01", "host02"]);
  });

  it.each(["loseAnswer", "dropCall"] as const)("makes one host when allocate's answer is lost (%s)", async (fault) => {
    proxy[fault]("one.host.allocate");
    const made = await make("host01");
    expect(made.outputs).toMatchObject({ state: "on", hostId: 0 });
    expect(await hostNames()).toEqual(["host01"]);
  });

  it.each(["one.host.update", "one.hostpool.info", "one.host.info"])(
    "repeats %s when its answer is lost",
    async (method) => {
      proxy.loseAnswer(method);
      expect((await make("host01")).outputs).toMatchObject({ state: "on" });
      expect(proxy.calls.filter((name) => name === method).length).toBeGreaterThan(1);
    },
  );

  it("takes over what a killed run has left, marked or not", async () => {
    const marked = await make("host01");
    expect((await make("host01")).id).toBe(marked.id);
    // Killed between allocate and the marker.
    const unmarked = await one.client.call("one.host.allocate", ["host02", "dummy", "dummy", -1]);
    expect((await make("host02")).id).toBe(String(unmarked));
    // Killed while it deleted: disabled already.
    await one.hosts.setStatus(unmarked, 1);
    expect((await make("host02")).outputs).toMatchObject({ state: "on" });
    expect(provider.logs.map(({ message }) => message).join("\n")).toContain("taken over");
  });

  it("refuses a host of another resource, and one with other drivers that nobody marked", async () => {
    await make("host01");
    const { inputs } = await provider.check(call("twin"), { name: "host01", ...DUMMY });
    await expect(provider.create(call("twin"), inputs)).rejects.toThrow(
      `oned already has a host "host01" (id 0), which belongs to ${ProviderClient.urn(call("host01"))}`,
    );
    await one.client.call("one.host.allocate", ["host02", "qemu", "qemu", -1]);
    await expect(make("host02")).rejects.toThrow('pulumi import opennebula:index:Host host02 1"');
  });

  it("keeps the host and tells oned's reason when it is never monitored, and goes on in the next update", async () => {
    failing = "ssh: connect to host host01 port 22: No route to host";
    const { inputs } = await provider.check(call("host01"), { name: "host01", ...DUMMY });
    const error = await provider.create(call("host01"), inputs).then(
      () => undefined,
      (reason: unknown) => reason as CallError,
    );
    expect(error?.message).toContain(
      'host "host01" (id 0) is registered, but oned does not monitor it after 1 s: its state is err',
    );
    expect(error?.message).toContain("No route to host");
    expect(error?.partial).toMatchObject({ id: "0", properties: { name: "host01", hostId: 0, state: "err" } });
    failing = undefined;
    const state = { inputs, outputs: error?.partial?.properties ?? {} };
    expect(await provider.update(call("host01", "0"), state, inputs)).toMatchObject({ state: "on" });
  });

  it("ends before the resource's custom timeout, so that its reason is told", async () => {
    failing = "no route";
    const { inputs } = await provider.check(call("host01"), { name: "host01", ...DUMMY });
    const error = (await provider
      .create(call("host01", undefined, 6), inputs)
      .catch((reason: unknown) => reason)) as CallError;
    expect(error.partial?.id).toBe("0");
    expect(error.message).toContain("after 5.4 s");
  });

  it("does nothing in a preview, and needs no known configuration there", async () => {
    await provider.configure({ endpoint: UNKNOWN, username: "oneadmin", password: new Secret(UNKNOWN) });
    const answer = await provider.create({ ...call("host01"), preview: true }, { name: UNKNOWN, ...DUMMY });
    expect(answer.properties).toMatchObject({ name: UNKNOWN, hostId: UNKNOWN, state: UNKNOWN });
    expect(proxy.calls).toEqual([]);
    await expect(make("host01")).rejects.toThrow("the provider's configuration is not known yet");
  });

  it("keeps a secret attribute secret in the outputs", async () => {
    const made = await make("host01", { attributes: { TOKEN: new Secret("t-1"), RACK: "A1" } });
    expect(made.outputs["attributes"]).toEqual({ TOKEN: new Secret("t-1"), RACK: "A1" });
  });

  it("tells a refused login without the password", async () => {
    const endpoint = `http://127.0.0.1:${proxy.port}/RPC2`;
    await provider.configure({ endpoint, username: "oneadmin", password: new Secret("wrong-canary") });
    const error = (await make("host01").catch((reason: unknown) => reason)) as Error;
    expect(error.message).toContain("AUTHENTICATION 256");
    expect(error.message).not.toContain("wrong-canary");
  });

  it("tells who may not create hosts", async () => {
    await one.client.call("one.user.allocate", ["bob", "bobpw", "core"]);
    const endpoint = `http://127.0.0.1:${proxy.port}/RPC2`;
    await provider.configure({ endpoint, username: "bob", password: new Secret("bobpw") });
    await expect(make("host01")).rejects.toThrow("AUTHORIZATION 512");
  });
});

describe("no-op and drift", () => {
  it("sees no difference after a create, whatever monitoring and people have added", async () => {
    const made = await make("host01", { attributes: { rack: "A1" } });
    await one.hosts.merge(0, { NOTE: "by hand" });
    const news = (await provider.check(call("host01"), { name: "host01", ...DUMMY, attributes: { rack: "A1" } }))
      .inputs;
    expect(await provider.diff(call("host01", made.id), made, news)).toMatchObject({ changes: 1, diffsList: [] });
    const fresh = await provider.read(call("host01", made.id), made);
    expect(fresh.inputs).toEqual(made.inputs);
    expect(
      await provider.diff(call("host01", made.id), { inputs: fresh.inputs, outputs: fresh.properties }, news),
    ).toMatchObject({
      changes: 1,
    });
  });

  it("shows what was changed by hand and puts it back", async () => {
    const made = await make("host01", { cluster: "default", attributes: { rack: "A1", row: "3" } });
    const other = await one.client.call("one.cluster.allocate", ["other"]);
    await one.hosts.setCluster(0, other);
    await one.hosts.rename(0, "renamed");
    await one.hosts.replace(0, { RACK: "B2", NOTE: "by hand" });
    const fresh = await provider.read(call("host01", made.id), made);
    expect(fresh.inputs).toEqual({ name: "renamed", ...DUMMY, cluster: "other", attributes: { rack: "B2" } });
    const state = { inputs: fresh.inputs, outputs: fresh.properties };
    const diff = await provider.diff(call("host01", made.id), state, made.inputs);
    expect(diff.replacesList).toEqual([]);
    expect(diff.detaileddiffMap.map(([path]) => path).sort()).toEqual([
      "attributes.rack",
      "attributes.row",
      "cluster",
      "name",
    ]);
    await provider.update(call("host01", made.id), state, made.inputs);
    const host = await one.hosts.info(0);
    expect(host).toMatchObject({ name: "host01", clusterName: "default" });
    expect(host.template).toMatchObject({ RACK: "A1", ROW: "3", NOTE: "by hand" });
  });

  it("finds a host deleted by hand gone, and makes it anew", async () => {
    const made = await make("host01");
    await one.hosts.delete(0);
    expect((await provider.read(call("host01", made.id), made)).id).toBe("");
    await expect(provider.update(call("host01", made.id), made, made.inputs)).rejects.toThrow("is gone from oned");
    expect((await make("host01")).outputs).toMatchObject({ hostId: 1 });
  });

  it("leaves a host alone that an operator has disabled", async () => {
    const made = await make("host01");
    await one.hosts.setStatus(0, 1);
    const fresh = await provider.read(call("host01", made.id), made);
    expect(fresh.properties).toMatchObject({ state: "dsbl" });
    const state = { inputs: fresh.inputs, outputs: fresh.properties };
    expect(await provider.diff(call("host01", made.id), state, made.inputs)).toMatchObject({ changes: 1 });
    expect(
      await provider.update(call("host01", made.id), state, { ...made.inputs, attributes: { A: "1" } }),
    ).toMatchObject({
      state: "dsbl",
    });
  });

  it("compares names of attributes as oned does and tells a diff without connecting", async () => {
    const made = await make("host01", { attributes: { rack: "A1", gone: "x", s: new Secret("1") } });
    const before = proxy.calls.length;
    const diff = await provider.diff(call("host01", made.id), made, {
      ...made.inputs,
      imMad: "qemu",
      attributes: { RACK: "A1", s: "1", "new.one": "y" },
    });
    expect(new Map(diff.detaileddiffMap.map(([path, { kind }]) => [path, kind]))).toEqual(
      new Map([
        ["imMad", 4],
        ['attributes["new.one"]', 0],
        ["attributes.gone", 2],
      ]),
    );
    expect(proxy.calls.length).toBe(before);
  });
});

describe("update", () => {
  it("changes name, drivers, cluster and attributes in place and takes dropped attributes away", async () => {
    const made = await make("host01", { attributes: { RACK: "A1", OLD: "x" } });
    await one.hosts.merge(0, { NOTE: 'by "hand"' });
    await one.client.call("one.cluster.allocate", ["prod"]);
    const wish = { name: "host01b", imMad: "dummy", vmMad: "qemu", cluster: "prod", attributes: { RACK: "B2" } };
    const outputs = await provider.update(call("host01", made.id), made, wish);
    expect(outputs).toMatchObject({ ...wish, hostId: 0, clusterName: "prod", state: "on" });
    const { template } = await one.hosts.info(0);
    expect(template).toMatchObject({ RACK: "B2", NOTE: 'by "hand"', VM_MAD: "qemu" });
    expect(template).not.toHaveProperty("OLD");
  });

  it("tells in a preview what stays and what is not known yet, and calls nothing", async () => {
    const made = await make("host01");
    const before = proxy.calls.length;
    const preview = (inputs: PropertyMap) =>
      provider.update({ ...call("host01", made.id), preview: true }, made, inputs);
    expect(await preview({ ...made.inputs, name: "other" })).toMatchObject({
      name: "other",
      hostId: 0,
      clusterName: "default",
    });
    expect(await preview({ ...made.inputs, cluster: "prod" })).toMatchObject({ hostId: 0, clusterName: UNKNOWN });
    expect(proxy.calls.length).toBe(before);
  });
});

describe("import", () => {
  it("reads a host by its id into inputs that differ in nothing", async () => {
    const cluster = await one.client.call("one.cluster.allocate", ["prod"]);
    await one.client.call("one.host.allocate", ["byhand", "dummy", "dummy", cluster]);
    const found = await provider.read(call("byhand", "0"));
    expect(found).toMatchObject({ id: "0", inputs: { name: "byhand", ...DUMMY, cluster: "prod" } });
    const state = { inputs: found.inputs, outputs: found.properties };
    expect(await provider.diff(call("byhand", "0"), state, found.inputs)).toMatchObject({ changes: 1 });
    // From then on the host is the program's: the first update marks it.
    await provider.update(call("byhand", "0"), state, found.inputs);
    expect((await one.hosts.info(0)).template["PULUMI_URN"]).toBe(ProviderClient.urn(call("byhand")));
  });

  it("answers nothing for an id that is not there and refuses what is not an id", async () => {
    expect((await provider.read(call("x", "77"))).id).toBe("");
    await expect(provider.read(call("x", "host01"))).rejects.toThrow('"host01" is not the id of a host');
  });
});

describe("delete", () => {
  /** Puts VMs on the host as far as the provider can see. */
  const withVms = (xml: string) => {
    const escaped = xml.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return proxy.rewrite("one.host.info", (answer) => answer.replace("&lt;VMS&gt;&lt;/VMS&gt;", escaped));
  };

  it("disables, then deletes, and is content when the host is gone already", async () => {
    const made = await make("host01");
    proxy.calls.length = 0;
    await provider.delete(call("host01", made.id), made);
    const changing = proxy.calls.filter((name) => !name.endsWith("info"));
    expect(changing).toEqual(["one.host.status", "one.host.delete"]);
    expect(await hostNames()).toEqual([]);
    await provider.delete(call("host01", made.id), made);
  });

  it("refuses while VMs stay, names them and leaves the host as it was", async () => {
    const made = await make("host01");
    const restore = withVms("<VMS><ID>4</ID><ID>7</ID></VMS>");
    await expect(provider.delete(call("host01", made.id), made)).rejects.toThrow(
      'host "host01" (id 0) still has 2 VM(s) (id 4, 7) and is not deleted; migrate or terminate them',
    );
    restore();
    await oned.monitorHosts();
    expect(await one.hosts.info(0)).toMatchObject({ name: "host01", state: 2 });
  });

  it("waits for VMs that are leaving", async () => {
    const made = await make("host01");
    const restore = withVms("<VMS><ID>4</ID></VMS>");
    setTimeout(restore, 100);
    await provider.delete(call("host01", made.id), made);
    expect(await hostNames()).toEqual([]);
  });

  it.each(["one.host.delete", "one.host.status", "one.host.info"])("survives a lost answer to %s", async (method) => {
    const made = await make("host01");
    proxy.loseAnswer(method);
    await provider.delete(call("host01", made.id), made);
    expect(await hostNames()).toEqual([]);
  });
});

it("shows the password nowhere: not in logs, errors or outputs", async () => {
  const made = await make("host01");
  proxy.loseAnswer("one.host.delete");
  await provider.delete(call("host01", made.id), made);
  expect(JSON.stringify([made, provider.logs])).not.toContain(CANARY);
});
