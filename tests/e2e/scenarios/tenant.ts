// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";
import { changesBegun } from "../support/deployment";
import { inGuest as runInGuest } from "../support/guest";

const project = "examples/tenant";
const hosts = ["fe", "host01"];

interface Outputs {
  vmId: string;
  addresses: { inside: string; outside: string };
  vmKey: string;
}

/** Objects inside OpenNebula, declared by a program of its own: people, an image, a template and a VM with a public address. */
export function tenant(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  const keyFile = join(cloud.temporary, "tenant-vm");
  let outputs: Outputs;

  const program = (command: string): ReturnType<CloudUnderTest["succeed"]> =>
    cloud.succeed(["program", project, command], { timeoutSeconds: 240 });
  const as = (argv: string[]): Promise<string> => lab.exec("fe", ["runuser", "-u", "oneadmin", "--", ...argv]);
  const shown = async (kind: string, name: string): Promise<Record<string, unknown>> => {
    const document = JSON.parse(await as([kind, "show", name, "--json"])) as Record<string, Record<string, unknown>>;
    return Object.values(document)[0]!;
  };
  const inGuest = (command: string): Promise<string> =>
    runInGuest(cloud, { address: outputs.addresses.outside, keyFile, knownHosts: "/dev/null" }, command);
  const written = (output: string): string[] => changesBegun(output).filter((line) => !line.startsWith("reading "));
  const mark = async (): Promise<number> => (await cloud.requests()).at(-1)?.number ?? 0;
  /** Calls at Scaleway that moved an address, since then. */
  const moves = async (since: number): Promise<string[]> =>
    (await cloud.requests(since))
      .filter(({ method, path }) => method === "POST" && /\/fips\/(attach|detach)$/.test(path))
      .map(({ path }) => path.split("/").at(-1)!);
  const hostOfVm = async (): Promise<string> => {
    for (const host of hosts)
      if ((await lab.exec(host, ["virsh", "list", "--name"])).includes(`one-${outputs.vmId}\n`)) return host;
    throw new Error(`VM ${outputs.vmId} runs nowhere`);
  };

  describe("a tenant of the cloud", () => {
    test("comes up: two networks, people, image, template, and a VM that answers from the public zone", async () => {
      expect(cloud.isUp).toBe(true);
      const before = await mark();
      const { output } = await program("up");
      expect(output).toContain("11 created, 0 updated, 0 deleted");
      outputs = (await lab.outputs({ program: join(lab.project, project), showSecrets: true })) as unknown as Outputs;
      writeFileSync(keyFile, outputs.vmKey, { mode: 0o600 });
      expect(await moves(before)).toEqual(["attach"]);
      const guest = await inGuest("ip -4 -o address; ip route");
      const { inside, outside } = outputs.addresses;
      expect(guest).toContain(`inet ${inside}/24`);
      expect(guest).toContain(`inet ${outside}/32`);
      expect(guest).toMatch(/default via 62\.210\.0\.1 dev eth1/);
      expect(guest).toMatch(/62\.210\.0\.1 dev eth1 scope link/);
    }, 300_000);

    test("only what its security group opens reaches the VM from outside", async () => {
      const knock = async (port: number): Promise<number> => {
        const argv = [
          "timeout",
          "3",
          "bash",
          "-c",
          'exec 3<>"/dev/tcp/$0/$1"',
          outputs.addresses.outside,
          String(port),
        ];
        return (await lab.inPublicZone(argv)).code;
      };
      // Nobody listens on either: an open port is refused at once, a closed one says nothing.
      expect({ open: await knock(443), closed: await knock(8080) }).toEqual({ open: 1, closed: 124 });
    }, 60_000);

    test("a second run changes nothing", async () => {
      const { output } = await program("up");
      expect(written(output)).toEqual([]);
      expect(output).toContain("0 created, 0 updated, 0 deleted");
    }, 120_000);

    test("the cloud's own refresh, up and repair leave the VM's public address where it is", async () => {
      const before = await mark();
      await cloud.succeed(["refresh"]);
      expect(changesBegun((await cloud.succeed(["up"])).output)).toEqual([]);
      await cloud.succeed(["drift", "--fix"]);
      expect(await moves(before)).toEqual([]);
      await inGuest("true");
    }, 300_000);

    test("a live migration takes the public address along by one call, and the VM does not notice", async () => {
      const from = await hostOfVm();
      const to = hosts.find((host) => host !== from)!;
      const boot = await inGuest("cat /proc/sys/kernel/random/boot_id");
      const before = await mark();
      await as(["onevm", "migrate", outputs.vmId, to, "--live"]);
      const moved = async (): Promise<boolean> =>
        (await shown("onevm", outputs.vmId)).LCM_STATE === "3" && (await hostOfVm()) === to;
      await eventually(moved, { what: `the VM runs on ${to}` });
      expect(await inGuest("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
      expect(await moves(before)).toEqual(["attach"]);
    }, 150_000);

    test("what is changed by hand is found, and the next run repairs exactly that", async () => {
      await as(["onevm", "poweroff", "--hard", outputs.vmId]);
      await as(["onetemplate", "rename", "small", "by-hand"]);
      await as(["oneuser", "delete", "alice"]);
      const isOff = async (): Promise<boolean> => (await shown("onevm", outputs.vmId)).STATE === "8";
      await eventually(isOff, { what: "the VM is off" });
      await program("refresh");
      const { output: planned } = await program("preview");
      expect(planned).toContain("1 created, 2 updated, 0 deleted");
      expect((await shown("onetemplate", "by-hand")).NAME).toBe("by-hand");
      const { output } = await program("up");
      expect(written(output).sort()).toEqual([
        "creating User alice",
        "updating VirtualMachine web01",
        "updating VmTemplate small",
      ]);
      expect((await shown("onetemplate", "small")).NAME).toBe("small");
      await inGuest("true");
    }, 300_000);

    test("is taken down without a trace", async () => {
      await program("destroy");
      rmSync(keyFile, { force: true });
      for (const host of hosts) expect((await lab.exec(host, ["virsh", "list", "--all", "--name"])).trim()).toBe("");
      for (const [kind, name] of [
        ...[["oneuser", "alice"] as const, ["onegroup", "team"] as const, ["oneimage", "base"] as const],
        ...[["onetemplate", "small"] as const, ["onesecgroup", "web"] as const],
      ])
        expect(await as([kind, "list"])).not.toMatch(new RegExp(`\\b${name}\\b`));
      expect(await as(["onevm", "list"])).not.toContain("web01");
    }, 300_000);
  });
}
