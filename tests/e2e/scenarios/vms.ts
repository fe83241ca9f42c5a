// SPDX-License-Identifier: Apache-2.0
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flexibleIpGateway } from "../../../catalogue";
import { ports } from "../../../lab/hosts/layout";
import { pause } from "../../../lab/hosts/run";
import { IMAGE_PATH } from "../../../lab/opennebula/image";
import type { CloudUnderTest } from "../../helpers/e2e";
import { inGuest as runInGuest } from "../support/guest";

const hosts = ["fe", "host01"];
const folder = "/var/lib/one/vms-scenario";
const hookLog = "/var/tmp/vms-scenario.log";
/** VN_MADs of the networks that the scenario uses: the cloud's own with a public address, and one of its own. */
const drivers = ["fw", "vxlan"];

interface Disk {
  DISK_ID: string;
  IMAGE: string;
  ATTACH?: string;
}

interface Vm {
  ID: string;
  STATE: string;
  LCM_STATE: string;
  HISTORY_RECORDS: { HISTORY: { HOSTNAME: string } | { HOSTNAME: string }[] };
  TEMPLATE: { NIC: { IP: string } | { IP: string }[]; DISK: Disk | Disk[] };
  USER_TEMPLATE: { ERROR?: string };
}

const lists = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const hostOf = (vm: Vm): string => lists(vm.HISTORY_RECORDS.HISTORY).at(-1)!.HOSTNAME;

/** States as oned numbers them. */
const running = (vm: Vm): boolean => vm.STATE === "3" && vm.LCM_STATE === "3";
const poweredOff = (vm: Vm): boolean => vm.STATE === "8";
const suspended = (vm: Vm): boolean => vm.STATE === "5";
const done = (vm: Vm): boolean => vm.STATE === "6";
const disk = (vm: Vm, image: string): Disk | undefined =>
  lists(vm.TEMPLATE.DISK).find((one) => one.IMAGE === image && one.ATTACH === undefined);

/** The objects of the scenario, as files for the commands. */
const objects = {
  vxlan: [
    ...['NAME = "scenario-vxlan"', 'VN_MAD = "vxlan"', 'PHYDEV = "vmtovm"', 'VLAN_ID = "77"', 'BRIDGE = "vmtovm77"'],
    ...['AR = [ TYPE = "IP4", IP = "10.1.9.100", SIZE = "8" ]', 'NETWORK_MASK = "255.255.255.0"', 'GUEST_MTU = "1450"'],
  ],
  template: [
    ...['NAME = "scenario"', 'CPU = "0.1"', 'VCPU = "1"', 'MEMORY = "128"'],
    'DISK = [ IMAGE = "scenario", DEV_PREFIX = "vd" ]',
    'CONTEXT = [ NETWORK = "YES", SSH_PUBLIC_KEY = "@KEY@", START_SCRIPT = "@START@" ]',
  ],
  // A public address is a /32, and its gateway lies outside of it.
  start: [
    ...["echo done > /run/start-script-ran", `ip route replace ${flexibleIpGateway}/32 dev eth0 scope link`],
    `ip route replace default via ${flexibleIpGateway} dev eth0 onlink`,
  ],
  hook: [
    "#!/bin/sh",
    `echo "$(basename "$(dirname "$0")") $*" >>${hookLog}`,
    'if base64 -d | grep -q "<NAME>refused</NAME>"; then echo "no network for this one" >&2; exit 3; fi',
  ],
};

/** Virtual machines on the lab's hosts: real ones, under software emulation where the machine has nothing better. */
export function vms(cloud: CloudUnderTest): void {
  const { lab } = cloud;
  let publicAddress: string;
  const as = async (argv: string[], input = ""): Promise<string> =>
    lab.exec("fe", ["runuser", "-u", "oneadmin", "--", ...argv], { input, timeoutSeconds: 60 });
  const vm = async (name: string): Promise<Vm> =>
    (JSON.parse(await as(["onevm", "show", name, "--json"])) as { VM: Vm }).VM;
  const until = async (name: string, holds: (vm: Vm) => boolean, seconds = 90): Promise<Vm> => {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const now = await vm(name);
      if (holds(now)) return now;
      if (Date.now() > deadline) throw new Error(`VM ${name}: not there after ${seconds} s: ${JSON.stringify(now)}`);
      await pause(300);
    }
  };
  const instantiate = async (name: string, more: string[]): Promise<string> => {
    const answer = await as(["onetemplate", "instantiate", "scenario", "--name", name, "-"], more.join("\n"));
    return /^VM ID: (\d+)$/m.exec(answer)![1]!;
  };
  const keyFile = join(cloud.temporary, "vms-scenario");
  const inGuest = (command: string): Promise<string> =>
    runInGuest(cloud, { address: publicAddress, keyFile, knownHosts: `${keyFile}.known_hosts` }, command);
  const ids: Record<string, string> = {};

  describe("virtual machines", () => {
    test("image, networks and template: from the lab's image, by the commands of the front-end", async () => {
      expect(cloud.isUp).toBe(true);
      await as(["sh", "-euc", `mkdir -p ${folder}; ssh-keygen -q -t ed25519 -N "" -f ${folder}/key`]);
      writeFileSync(keyFile, await as(["cat", `${folder}/key`]), { mode: 0o600 });
      publicAddress = ((await lab.outputs()).flexibleIps as { vm01: string }).vm01;
      const key = (await as(["cat", `${folder}/key.pub`])).trim();
      const url = `http://203.0.113.1:${ports.repository}/${IMAGE_PATH}`;
      await as(["oneimage", "create", "--name", "scenario", "--path", url, "-d", "default"]);
      await as(["onevnet", "create", "-"], objects.vxlan.join("\n"));
      const template = objects.template.join("\n").replace("@KEY@", key).replace("@START@", objects.start.join("; "));
      await as(["onetemplate", "create", "-"], template);
      await as(["timeout", "90", "sh", "-c", "until oneimage list | grep scenario | grep -q rdy; do sleep 0.3; done"]);
    }, 240_000);

    test("hooks reach the hosts by onehost sync", async () => {
      const hooks = drivers.flatMap((driver) => ["pre", "post", "clean"].map((action) => `${driver}/${action}.d`));
      for (const directory of hooks) {
        const hook = `/var/lib/one/remotes/vnm/${directory}/60-scenario`;
        const write = `mkdir -p "$(dirname ${hook})"; cat >${hook}; chmod 0755 ${hook}`;
        await as(["sh", "-euc", write], `${objects.hook.join("\n")}\n`);
      }
      await as(["onehost", "sync", "--force"]);
      for (const host of hosts) await lab.exec(host, ["test", "-x", "/var/tmp/one/vnm/fw/pre.d/60-scenario"]);
    }, 240_000);

    test("runs, answers ping and SSH, and is what its context says", async () => {
      ids.one = await instantiate("one", ['NIC = [ NETWORK = "public", SECURITY_GROUPS = "0" ]']);
      const { TEMPLATE } = await until("one", running);
      expect(lists(TEMPLATE.NIC).map(({ IP }) => IP)).toEqual([publicAddress]);
      expect(await inGuest("cat /etc/banner /run/start-script-ran")).toMatch(/STAND-IN image[^]*done/);
      for (const host of hosts) await lab.exec(host, ["ping", "-c", "1", "-W", "3", publicAddress]);
    }, 240_000);

    test("migrates live: the same boot on the other host, the hooks in OpenNebula's order", async () => {
      const from = hostOf(await vm("one"));
      const to = hosts.find((host) => host !== from)!;
      const boot = await inGuest("cat /proc/sys/kernel/random/boot_id");
      for (const host of hosts) await lab.exec(host, ["rm", "-f", hookLog]);
      await as(["onevm", "migrate", "one", to, "--live"]);
      await until("one", (now) => running(now) && hostOf(now) === to);
      expect(await lab.exec(to, ["virsh", "list", "--name"])).toContain(`one-${ids.one}`);
      expect(await lab.exec(from, ["virsh", "list", "--all", "--name"])).not.toContain(`one-${ids.one}`);
      expect(await inGuest("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
      expect(await lab.exec(from, ["cat", hookLog])).toBe(`clean.d ${from}\n`);
      expect(await lab.exec(to, ["cat", hookLog])).toMatch(/^pre\.d \npost\.d \S+ \S+\n$/);
    }, 240_000);

    test("a NIC is attached to the running VM; VXLAN joins it with a VM on the other host", async () => {
      const here = hostOf(await vm("one"));
      const there = hosts.find((host) => host !== here)!;
      ids.two = await instantiate("two", [
        'NIC = [ NETWORK = "scenario-vxlan" ]',
        `SCHED_REQUIREMENTS = "NAME = \\"${there}\\""`,
      ]);
      await as(["onevm", "nic-attach", "one", "--network", "scenario-vxlan"]);
      const peer = lists((await until("two", running)).TEMPLATE.NIC)[0]!.IP;
      await until("one", running);
      expect(hostOf(await vm("two"))).toBe(there);
      for (const host of hosts)
        expect(await lab.exec(host, ["ip", "-d", "link", "show", "vmtovm.77"])).toContain("vxlan id 77");
      await inGuest(`ping -c 1 -W 2 ${peer}`);
      expect(await inGuest("cat /sys/class/net/eth1/mtu")).toBe("1450\n");
    }, 240_000);

    test("a disk is attached to the running VM, and the guest sees it", async () => {
      await as([
        "oneimage",
        "create",
        "--name",
        "scenario-data",
        "--type",
        "DATABLOCK",
        "--size",
        "8",
        "--format",
        "qcow2",
        "--prefix",
        "vd",
      ]);
      await as([
        "timeout",
        "30",
        "sh",
        "-c",
        "until oneimage list | grep scenario-data | grep -q rdy; do sleep 0.3; done",
      ]);
      await as(["onevm", "disk-attach", "one", "--image", "scenario-data"]);
      await until("one", (now) => running(now) && disk(now, "scenario-data") !== undefined);
      expect(await inGuest("cat /sys/block/vdb/size")).toBe(`${(8 * 2 ** 20) / 512}\n`);
    }, 240_000);

    test("is saved and goes on where it was: the same boot", async () => {
      const boot = await inGuest("cat /proc/sys/kernel/random/boot_id");
      await as(["onevm", "suspend", "one"]);
      await until("one", suspended);
      await as(["onevm", "resume", "one"]);
      await until("one", running);
      expect(await inGuest("cat /proc/sys/kernel/random/boot_id")).toBe(boot);
    }, 240_000);

    test("is switched off, moved and switched on: a new boot on the other host with the same host key and disks", async () => {
      const boot = await inGuest("cat /proc/sys/kernel/random/boot_id");
      await inGuest("echo before | dd of=/dev/vdb conv=fsync");
      await as(["onevm", "poweroff", "one"]);
      const off = await until("one", poweredOff);
      for (const host of hosts)
        expect(await lab.exec(host, ["virsh", "list", "--all", "--name"])).not.toContain(`one-${ids.one}`);
      const data = disk(off, "scenario-data")!.DISK_ID;
      await as(["onevm", "disk-snapshot-create", "one", data, "before"]);
      await until("one", poweredOff);
      const to = hosts.find((host) => host !== hostOf(off))!;
      await as(["onevm", "migrate", "one", to]);
      await until("one", (now) => poweredOff(now) && hostOf(now) === to);
      expect(await lab.exec(hostOf(off), ["sh", "-c", `ls -d /var/lib/one/datastores/0/${ids.one} || true`])).toBe("");
      await as(["onevm", "resume", "one"]);
      await until("one", running);
      expect(await lab.exec(to, ["virsh", "list", "--name"])).toContain(`one-${ids.one}`);
      // The known host of the first login still holds.
      expect(await inGuest("cat /proc/sys/kernel/random/boot_id")).not.toBe(boot);
      expect(await inGuest("head -c 7 /dev/vdb; echo after | dd of=/dev/vdb conv=fsync 2>/dev/null")).toBe("before\n");
      await as(["onevm", "poweroff", "one"]);
      await until("one", poweredOff);
      await as(["onevm", "disk-snapshot-revert", "one", data, "0"]);
      await until("one", poweredOff);
      await as(["onevm", "resume", "one"]);
      await until("one", running);
      expect(await inGuest("head -c 7 /dev/vdb")).toBe("before\n");
    }, 240_000);

    test("a hook that fails stops the start, and users read why", async () => {
      ids.refused = await instantiate("refused", ['NIC = [ NETWORK = "scenario-vxlan" ]']);
      const failed = await until("refused", ({ USER_TEMPLATE }) => USER_TEMPLATE.ERROR !== undefined);
      expect(failed.USER_TEMPLATE.ERROR).toContain(
        "Error running /var/tmp/one/vnm/vxlan/pre.d/60-scenario: no network for this one",
      );
    }, 240_000);

    test("terminated: nothing is left on any host", async () => {
      await as(["onevm", "terminate", "--hard", "one"]);
      await as(["onevm", "terminate", "--hard", "two"]);
      await as(["onevm", "recover", "--delete", "refused"]);
      for (const file of [keyFile, `${keyFile}.known_hosts`]) rmSync(file, { force: true });
      for (const name of Object.values(ids)) await until(name, done);
      await as(["sh", "-euc", `rm -rf /var/lib/one/remotes/vnm/*/*.d/60-scenario ${folder}; onehost sync --force`]);
      for (const host of hosts) {
        expect((await lab.exec(host, ["virsh", "list", "--all", "--name"])).trim()).toBe("");
        expect((await lab.exec(host, ["sh", "-c", "ls /var/lib/one/datastores/0 2>/dev/null || true"])).trim()).toBe(
          "",
        );
        expect(await lab.exec(host, ["ip", "-br", "link"])).not.toMatch(/one-|vmtovm\.77|vmtovm77/);
        expect(await lab.exec(host, ["sh", "-c", "iptables-save; ip6tables-save"])).not.toMatch(/one-\d/);
        await lab.exec(host, ["rm", "-f", hookLog]);
      }
      await as(["onetemplate", "delete", "scenario"]);
      await as(["onevnet", "delete", "scenario-vxlan"]);
      await as(["oneimage", "delete", "scenario"]);
      await as(["oneimage", "delete", "scenario-data"]);
    }, 240_000);
  });
}
