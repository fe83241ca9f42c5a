// SPDX-License-Identifier: Apache-2.0
// The program as hosts get it: the hook files that the layer renders, the SSH client's command line, the broker behind a forced
// command, the reconciler. Only the network between them is short: a stand-in for `ssh` runs the broker here.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { planFlexibleIp } from "../../../components/flexible-ip/plan";
import { driverProgram } from "../../../components/flexible-ip/program";
import { renderFlexibleIp } from "../../../components/flexible-ip/render";
import { previewText } from "../../../components/host";
import { sshArguments } from "../../../onhost/flexible-ip/src/hook";
import { OnedView } from "../../../onhost/flexible-ip/src/cloud-view";
import { Deadline, realClock } from "../../../onhost/flexible-ip/src/clock";
import type { ReconcileReport } from "../../../onhost/flexible-ip/src/reconcile";
import { judge } from "../../helpers/tools";
import { OnedOfWorld } from "./oned";
import { CANARY, states, vmXml, World, type TestIp, type TestVm } from "./world";

jest.setTimeout(60_000);

let world: World;
let oned: OnedOfWorld;
let folder: string;
let ip: TestIp;
const hookFile = "/var/lib/one/remotes/vnm/bridge/post.d/50-flexible-ip";

beforeAll(async () => {
  world = await new World().start();
  oned = await new OnedOfWorld(world.vms).start();
  folder = world.scaleway.folder;
  ip = await world.buy();
  install();
});
afterAll(async () => {
  oned.end();
  await world.end();
});

/** Lays everything out below the test's folder, with its paths in the place of the hosts'. */
function install(): void {
  const put = (path: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  };
  const plan = { zone: "fr-par-1", projectId: "p", apiUrl: "http://x", flexibleIps: [], hosts: {} };
  for (const [path, { content }] of Object.entries(renderFlexibleIp(planFlexibleIp(plan)).files ?? {})) {
    if (!path.startsWith("/var/lib/one/remotes/vnm/")) continue;
    put(
      path,
      previewText(content).replace("/usr/bin/node", process.execPath).replace("/etc/", `${folder}/etc/`),
      0o755,
    );
  }
  put("/var/lib/one/remotes/flexible-ip/flexible-ip.cjs", driverProgram());
  const host = { broker: "fe", user: "flexible-ip", key: "/key", knownHosts: "/known", bridge: "pubridge" };
  put("/etc/opennebula-flexible-ip/host.json", JSON.stringify(host));
  const { credentials, url } = world.scaleway;
  put(
    "broker.json",
    JSON.stringify({
      scaleway: { url, zone: "fr-par-1", projectId: credentials.projectId, secretKey: credentials.secretKey },
      oned: { endpoint: oned.endpoint, username: "oneadmin", password: CANARY },
      servers: world.servers,
      flexibleIps: world.managed,
      stateDirectory: folder,
    }),
  );
  const program = join(folder, "/var/lib/one/remotes/flexible-ip/flexible-ip.cjs");
  const broker = `${process.execPath} ${program} broker --settings ${folder}/broker.json host01`;
  put("bin/ssh", `#!/bin/sh\nprintf '%s\\n' "$@" >${folder}/ssh-words\nexec ${broker}\n`, 0o755);
  put("bin/logger", `#!/bin/sh\ncat >>${folder}/log\n`, 0o755);
}

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function run(words: string[], input: string, path = `${folder}/bin:/usr/bin:/bin`): Promise<Ended> {
  const [file = "", ...args] = words;
  const child = spawn(file, args, { env: { PATH: path } });
  const ended: Ended = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (ended.out += String(chunk)));
  child.stderr.on("data", (chunk: Buffer) => (ended.err += String(chunk)));
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...ended, code }));
  });
}

const hook = (step: string, vm: TestVm, ...args: string[]): Promise<Ended> =>
  run(
    [join(folder, hookFile.replace("post", step)), ...args],
    `${Buffer.from(vmXml(vm))
      .toString("base64")
      .replace(/(.{76})/g, "$1\n")}\n`,
  );
const program = (...args: string[]): Promise<Ended> =>
  run([process.execPath, join(folder, "/var/lib/one/remotes/flexible-ip/flexible-ip.cjs"), ...args], "");

test("a VM's start, as OpenNebula runs the hooks: exit 0 and silence, and the address is there", async () => {
  const vm = world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
  expect(await hook("pre", vm)).toEqual({ code: 0, out: "", err: "" });
  expect(await hook("post", vm, "one-1", "host01")).toEqual({ code: 0, out: "", err: "" });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host01" });
  world.set({ ...vm, ...states.shutdown });
  expect(await hook("clean", vm, "host01")).toEqual({ code: 0, out: "", err: "" });
  expect((await world.look(ip)).status).toBe("ready");
  const log = readFileSync(join(folder, "log"), "utf8");
  expect(log).toMatch(new RegExp(`op="POST fips/attach" request=[0-9a-f-]{36} outcome=200`));
  for (const secret of [CANARY, world.scaleway.credentials.secretKey]) expect(log).not.toContain(secret);
});

test("a refusal is one short line for oned's message", async () => {
  const vm = world.set({ id: 2, ...states.boot, hosts: ["host01"], nics: [{ ip: "203.0.113.9" }] });
  expect(await hook("pre", vm)).toEqual({
    code: 1,
    out: "",
    err: "flexible IP: 203.0.113.9 (NIC 0) is no flexible IP of this project at Scaleway\n",
  });
});

test("a VM that has nothing on the public network asks nobody", async () => {
  writeFileSync(join(folder, "ssh-words"), "");
  const vm = { id: 3, nics: [{ ip: "10.1.2.3", bridge: "onebr.7" }] };
  for (const step of ["pre", "post", "clean"]) expect(await hook(step, vm)).toEqual({ code: 0, out: "", err: "" });
  expect(readFileSync(join(folder, "ssh-words"), "utf8")).toBe("");
});

test("a broker that refuses stops a start and no shutdown, and both say so at once", async () => {
  const vm = world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
  const ssh = join(folder, "bin/ssh");
  const kept = readFileSync(ssh, "utf8");
  writeFileSync(ssh, "#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n");
  try {
    const [refused, told] = await Promise.all([hook("pre", vm), hook("clean", vm)]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("Host key verification failed.") as string });
    expect(told).toMatchObject({ code: 0, err: expect.stringContaining("Host key verification failed.") as string });
  } finally {
    writeFileSync(ssh, kept);
  }
});

test("the SSH client takes the options, and keeps to this key and to certificates of the stack", () => {
  const words = sshArguments({
    broker: "10.16.0.10",
    user: "flexible-ip",
    key: `${folder}/log`,
    knownHosts: "/n",
    bridge: "b",
  });
  const { status, output } = judge("ssh", ["-G", ...words]);
  expect(status).toBe(0);
  for (const line of [
    "user flexible-ip",
    "hostname 10.16.0.10",
    `identityfile ${folder}/log`,
    "identitiesonly yes",
    "stricthostkeychecking true",
    "globalknownhostsfile /n",
    "userknownhostsfile /dev/null",
    "batchmode yes",
    "requesttty false",
    "forwardagent no",
  ]) {
    expect(output.split("\n")).toContain(line);
  }
});

test("reconcile repairs, writes what it found and can be asked for its view", async () => {
  world.set({ id: 1, ...states.running, hosts: ["host02"], nics: [{ ip: ip.address, mac: ip.mac }] });
  const status = await program("status", "--settings", `${folder}/broker.json`);
  expect(JSON.parse(status.out)).toMatchObject({ addresses: [{ action: "attach", outcome: "would be done" }] });
  expect(existsSync(join(folder, "reconcile.json"))).toBe(false);
  const { code, out } = await program("reconcile", "--settings", `${folder}/broker.json`);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(join(folder, "reconcile.json"), "utf8")));
  expect(JSON.parse(out) as ReconcileReport).toMatchObject({ ok: true, addresses: [{ action: "attach", ok: true }] });
  expect(await world.look(ip)).toEqual({ status: "attached", host: "host02" });
});

test("a host whose settings are gone starts no VM, and stops all", async () => {
  const file = join(folder, "etc/opennebula-flexible-ip/host.json");
  const kept = readFileSync(file, "utf8");
  rmSync(file);
  try {
    const reason = `flexible IP: ${file} cannot be read (ENOENT): run the deployment again\n`;
    expect(await hook("pre", { id: 1, nics: [] })).toEqual({ code: 1, out: "", err: reason });
    expect(await hook("clean", { id: 1, nics: [] })).toEqual({ code: 0, out: "", err: reason });
  } finally {
    writeFileSync(file, kept);
  }
});

test("settings that are missing or broken are named, never quoted", async () => {
  const file = join(folder, "broken.json");
  writeFileSync(file, `{"oned": "${CANARY}"`);
  const broken = await program("reconcile", "--settings", file);
  expect(broken).toMatchObject({ code: 2, err: `flexible IP: ${file} is no JSON: run the deployment again\n` });
  writeFileSync(file, JSON.stringify({ oned: { password: CANARY }, servers: { a: 1 } }));
  const { err } = await program("status", "--settings", file);
  for (const name of ["scaleway.url", "oned.endpoint", "servers", "flexibleIps"]) expect(err).toContain(name);
  expect(err).not.toContain(CANARY);
  expect((await program("reconcile", "--settings", "/nonexistent")).err).toContain("cannot be read (ENOENT)");
});

test("a killed broker leaves no lock behind", async () => {
  await world.put(ip, "host02");
  world.set({ id: 1, ...states.boot, hosts: ["host01"], nics: [{ ip: ip.address, mac: ip.mac }] });
  await world.fault({ match: { path: "fips/attach$" }, delayMs: 3_000, times: 1 });
  const words = [
    join(folder, "/var/lib/one/remotes/flexible-ip/flexible-ip.cjs"),
    "broker",
    "--settings",
    "X",
    "host01",
  ];
  const child = spawn(
    process.execPath,
    words.map((word) => (word === "X" ? `${folder}/broker.json` : word)),
    {
      env: { PATH: `${folder}/bin:/usr/bin:/bin` },
    },
  );
  const addresses = [{ address: ip.address, mac: ip.mac, nic: "NIC 0" }];
  child.stdin.end(JSON.stringify({ protocol: 1, step: "post", vm: 1, seconds: 60, addresses }));
  const lock = join(folder, "locks", `${ip.id}.lock`);
  for (let n = 0; n < 500 && !(await isLocked(lock)); n++) await realClock.sleep(10);
  expect(await isLocked(lock)).toBe(true);
  child.kill("SIGKILL");
  for (let n = 0; n < 500 && (await isLocked(lock)); n++) await realClock.sleep(10);
  expect(await isLocked(lock)).toBe(false);
});

async function isLocked(lock: string): Promise<boolean> {
  if (!existsSync(lock)) return false;
  return (await run(["flock", "--nonblock", lock, "true"], "")).code !== 0;
}

test("oned's pool is read page by page", async () => {
  const vms = new Map(
    Array.from({ length: 1_203 }, (_, id) => [
      id,
      { id, ...states.running, hosts: ["host01"], nics: [{ ip: `203.0.${id >> 8}.${id & 255}` }] },
    ]),
  );
  const big = await new OnedOfWorld(vms).start();
  try {
    const view = new OnedView({ endpoint: big.endpoint, username: "u", password: "p" });
    const claims = await view.all(new Deadline(30, realClock));
    expect(claims).toHaveLength(1_203);
    expect(claims.at(-1)).toMatchObject({ vm: 1_202, host: "host01", phase: "running" });
    expect(big.calls).toHaveLength(3);
    expect(await view.ofVm(9_999, new Deadline(30, realClock))).toEqual([]);
  } finally {
    big.end();
  }
});

test("the same sources give the same file, which the npm package can carry", () => {
  expect(driverProgram()).toBe(driverProgram());
  expect(statSync(join(folder, "/var/lib/one/remotes/flexible-ip/flexible-ip.cjs")).size).toBeLessThan(300_000);
  expect(driverProgram()).not.toContain(process.cwd());
});
