// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { plannedLayers, planCloud } from "../../../components/cloud-plan";
import { planFlexibleIp, type FlexibleIpPlanArgs } from "../../../components/flexible-ip/plan";
import { renderFlexibleIp } from "../../../components/flexible-ip/render";
import { renderBundle, resolveState, type ActionStep, type HostState } from "../../../components/host";
import { flexibleIpHostState } from "../../../components/host/flexible-ip";
import { previewText, referencesOf } from "../../../components/host/text";
import { parseCloud } from "../../../config";
import { readBrokerSettings, readHostSettings } from "../../../onhost/flexible-ip/src/settings";
import { rawCloud } from "../../helpers/config-mutations";
import { judge } from "../../helpers/tools";

const args: FlexibleIpPlanArgs = {
  zone: "fr-par-2",
  projectId: "11111111-1111-4111-8111-111111111111",
  apiUrl: "https://api.scaleway.com",
  flexibleIps: ["vm01", "vm02"],
  hosts: { fe: "10.16.0.10", host01: "10.16.0.11" },
};
const render = (more: Partial<FlexibleIpPlanArgs> = {}): HostState =>
  renderFlexibleIp(planFlexibleIp({ ...args, ...more }));
const host = flexibleIpHostState("10.16.0.10", "pubridge");
const SETTINGS = "/etc/opennebula-flexible-ip/broker.json";
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICJEoOOgQBLJPs4g/XcPTKT82NywNPpxeuA20FlOPlpO";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "flexible-ip-layer-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function actions(state: HostState): ActionStep[] {
  return (state.sequence ?? []).flatMap((step) => ("action" in step ? [step] : []));
}

function resolved(state: HostState, values: Record<string, string> = {}): HostState {
  const lookup = (name: string): string => values[name] ?? (name.endsWith("Key") ? HOST_KEY : `value-of-${name}`);
  return resolveState(state, ({ ref }) => lookup(ref)).state;
}

/** Writes a file of a state below the test's folder. */
function put(path: string, content: unknown, mode = 0o644): string {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, String(content), { mode });
  chmodSync(target, mode);
  return target;
}

describe("the API key", () => {
  it("is in one file, which only the broker's user can read, and nowhere else on any host", () => {
    const state = render();
    const holders = Object.entries(state.files ?? {}).filter(([, file]) =>
      referencesOf(file).some((one) => one.secret),
    );
    expect(holders.map(([path]) => path)).toEqual([SETTINGS]);
    expect(state.files?.[SETTINGS]).toMatchObject({ owner: "flexible-ip", mode: "0600", secret: true });
    expect(referencesOf({ ...state, files: {} }).filter(({ secret }) => secret)).toEqual([]);
    expect(referencesOf(host)).toEqual([]);
  });

  it("a new one replaces that file, and nothing restarts", () => {
    const bundle = (key: string): HostState => resolved(render(), { "agent.secretKey": key });
    const [before, after] = [bundle("old"), bundle("new")];
    const differing = Object.keys(before.files ?? {}).filter(
      (path) => before.files![path]!.content !== after.files![path]!.content,
    );
    expect(differing).toEqual([SETTINGS]);
    expect({ ...before, files: {} }).toEqual({ ...after, files: {} });
    expect(JSON.stringify(render().sequence)).not.toContain(SETTINGS);
  });

  it("and what else the broker needs is what the program reads", () => {
    const settings = readBrokerSettings(put(SETTINGS, resolved(render()).files![SETTINGS]!.content));
    expect(settings).toMatchObject({
      scaleway: { zone: "fr-par-2", secretKey: HOST_KEY },
      oned: { endpoint: "http://127.0.0.1:2633/RPC2", username: "oneadmin" },
      servers: { fe: "value-of-fe.serverId", host01: "value-of-host01.serverId" },
      flexibleIps: ["value-of-flexibleIp.vm01.id", "value-of-flexibleIp.vm02.id"],
    });
    const [[path, file]] = Object.entries(host.files) as [[string, { content: unknown }]];
    expect(readHostSettings(put(path, file.content))).toMatchObject({ broker: "10.16.0.10", bridge: "pubridge" });
  });
});

describe("authorized_keys of the broker's user", () => {
  const path = "/var/lib/opennebula-flexible-ip/.ssh/authorized_keys";

  it("is root's, and gives each key one command and one host", () => {
    const file = render().files![path]!;
    expect(file.owner).toBeUndefined();
    const lines = previewText(resolved(render()).files![path]!.content).trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe(
      'restrict,from="10.16.0.11",command="/usr/bin/node /usr/local/lib/opennebula-flexible-ip/flexible-ip.cjs ' +
        `broker --settings ${SETTINGS} host01" ${HOST_KEY} host01`,
    );
  });

  it("is what OpenSSH reads: ssh-keygen finds a key behind the options of each line", () => {
    const file = put(path, resolved(render()).files![path]!.content, 0o600);
    const { status, output } = judge("ssh-keygen", ["-l", "-f", file]);
    expect({
      status,
      keys: output
        .trim()
        .split("\n")
        .map((line) => line.split(" ").slice(2).join(" ")),
    }).toEqual({
      status: 0,
      keys: ["fe (ED25519)", "host01 (ED25519)"],
    });
  });
});

describe("the units", () => {
  it("systemd-analyze has nothing to say", () => {
    const names = Object.keys(render().files!).filter((name) => name.startsWith("/etc/systemd/system/"));
    expect(names).toHaveLength(2);
    // The judge wants the program to be there.
    const files = names.map((name) =>
      put(name, previewText(render().files![name]!.content).replace("/usr/bin/node", process.execPath)),
    );
    expect(judge("systemd-analyze", ["verify", "--man=no", ...files])).toEqual({ status: 0, output: "" });
  });
});

describe("the hooks", () => {
  const hooks = Object.entries(render().files!).filter(([path]) => path.includes("/remotes/"));

  it("are there for every driver that can reach the public bridge, in every step, executable", () => {
    const expected = ["bridge", "fw"].flatMap((driver) =>
      ["pre", "post", "clean"].map((step) => `/var/lib/one/remotes/vnm/${driver}/${step}.d/50-flexible-ip`),
    );
    expect(hooks.map(([path]) => path).sort()).toEqual(expected.sort());
    for (const [, file] of hooks) expect(file).toMatchObject({ owner: "oneadmin", mode: "0755" });
  });

  it.each(hooks)("shellcheck has nothing to say of %s", (_path, file) => {
    expect(judge("shellcheck", ["--severity=style", "-"], previewText(file.content))).toEqual({
      status: 0,
      output: "",
    });
  });
});

describe.each([
  ["front-end", actions(render())],
  ["hypervisor", [host.key]],
])("actions on the %s", (_where, all) => {
  it.each(
    all.flatMap(({ action, needed, run, undo = "" }): [string, string][] => [
      [`${action} needed`, needed],
      [`${action} run`, run],
      [`${action} undo`, undo],
    ]),
  )("shellcheck has nothing to say of %s", (_name, script) => {
    // What the environment brings is not assigned here.
    expect(judge("shellcheck", ["--shell=bash", "--severity=style", "--exclude=SC2154", "-"], script)).toEqual({
      status: 0,
      output: "",
    });
  });
});

/** Runs an action's text as the converger does, with the host's paths below the test's folder. */
function bash(script: string, environment: Record<string, string> = {}): { status: number | null; stderr: string } {
  const moved = script.replaceAll("/var/lib/one/", `${folder}/var/lib/one/`);
  const env = {
    PATH: `${folder}/bin:/usr/bin:/bin`,
    CONVERGER_FACTS: folder,
    CONVERGER_HOST: "host01",
    ...environment,
  };
  const { status, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", moved], {
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, stderr };
}

describe("8. onehost sync", () => {
  const sync = actions(render()).find(({ action }) => action === "sync-flexible-ip-hooks")!;
  const onehost = (body: string): string =>
    put("bin/onehost", `#!/bin/sh\necho "$@" >>${folder}/calls\n${body}\n`, 0o755);

  beforeEach(() => {
    for (const [path, file] of Object.entries(render().files!)) {
      if (path.includes("/remotes/")) put(path, file.content, 0o755);
    }
    put("/var/lib/one/remotes/flexible-ip/flexible-ip.cjs", "// program");
    mkdirSync(join(folder, "/var/lib/one/.flexible-ip"));
  });

  it("runs as oneadmin, once for each version of the hooks, and knows no host: one that comes brings no change", () => {
    onehost("echo 'All hosts updated successfully.'");
    const settle = (): void => {
      expect(bash(sync.needed).status).toBe(0);
      expect(bash(sync.run)).toEqual({ status: 0, stderr: "" });
      expect(bash(sync.needed).status).not.toBe(0);
    };
    expect(sync.user).toBe("oneadmin");
    settle();
    put("/var/lib/one/remotes/flexible-ip/flexible-ip.cjs", "// newer program");
    settle();
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe("sync --force\nsync --force\n");
    const more = render({ hosts: { ...args.hosts, host02: "10.16.0.12" } });
    expect(actions(more).find(({ action }) => action === sync.action)).toEqual(sync);
  });

  it.each([
    ["exit status 1", "echo 'host01: no route' >&2; exit 1"],
    ["a list of hosts that failed", "echo 'Failed to update the following hosts: host01'"],
  ])("that fails is an error and stays needed: %s", (_name, body) => {
    onehost(body);
    const { status, stderr } = bash(sync.run);
    expect(status).toBe(1);
    expect(stderr).toContain("onehost sync failed:");
    expect(stderr).toContain("host01");
    expect(bash(sync.needed).status).toBe(0);
  });

  it("takes the hooks from the hosts when the layer goes", () => {
    onehost("true");
    expect(bash(sync.undo!)).toEqual({ status: 0, stderr: "" });
    expect(existsSync(join(folder, "/var/lib/one/remotes/flexible-ip"))).toBe(false);
    expect(existsSync(join(folder, "/var/lib/one/remotes/vnm/bridge/pre.d/50-flexible-ip"))).toBe(false);
    expect(readFileSync(join(folder, "calls"), "utf8")).toBe("sync --force\n");
  });
});

describe("a hypervisor's key", () => {
  it("is made on the host, once, and its public half is published even by a run that makes none", () => {
    mkdirSync(join(folder, "/var/lib/one/.flexible-ip"), { recursive: true });
    expect(bash(host.key.needed).status).toBe(0);
    expect(bash(host.key.run)).toEqual({ status: 0, stderr: "" });
    expect(bash(host.key.needed).status).toBe(1);
    const published = readFileSync(join(folder, "flexibleIpKey"), "utf8");
    expect(published).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+\n$/);
    const own = execFileSync("ssh-keygen", ["-y", "-f", join(folder, "/var/lib/one/.flexible-ip/key")], {
      encoding: "utf8",
    });
    expect(own.split(" ").slice(0, 2).join(" ").trim()).toBe(published.trim());
  });
});

describe("the cloud's plan", () => {
  const cloud = (flexibleIps: string[]) => {
    const parsed = parseCloud(rawCloud("prod"), args.projectId);
    const named = Object.fromEntries(flexibleIps.map((name) => [name, {}]));
    return planCloud({ ...parsed, networks: { ...parsed.networks, flexibleIps: named } });
  };

  it("has the layer on the front-end after its hypervisor, and the driver on every hypervisor", () => {
    const layers = plannedLayers(cloud(["vm01"]));
    expect(layers.map(({ host: name, layer }) => `${name} ${layer}`)).toEqual([
      "fe baremetal",
      "fe frontend",
      "fe hypervisor",
      "fe host-list",
      "fe monitoring",
      "fe logs",
      "fe backup",
      "fe security",
      "fe grafana",
      "host01 baremetal",
      "host01 hypervisor",
      "host01 monitoring",
      "host01 logs",
      "host01 backup",
      "host01 security",
    ]);
    for (const { host: name, layer, state } of layers) {
      expect("nodejs" in (state.packages ?? {})).toBe(
        ["hypervisor", "host-list", "backup"].includes(layer) || (layer === "monitoring" && name === "fe"),
      );
    }
    expect(cloud(["vm01"]).flexibleIps).toMatchObject({
      apiUrl: "https://api.scaleway.com",
      hosts: { fe: "10.16.0.10", host01: "10.16.0.11" },
    });
  });

  it("has none of it without public addresses", () => {
    // The security layer knows where secrets are kept, be they there or not.
    const layers = plannedLayers(cloud([])).filter(({ layer }) => layer !== "security");
    expect(JSON.stringify(layers)).not.toContain("flexible-ip");
  });

  it("is the same text every time", () => {
    const bundle = (): string =>
      renderBundle({ host: "fe", layer: "host-list", state: resolved(render()), secrets: [] });
    expect(bundle()).toBe(bundle());
  });
});
