// SPDX-License-Identifier: Apache-2.0

import type { DriverHost, PolledVm, VmJob, VmmAction } from "../oned/drivers";
import { vectors, get } from "../oned/template";
import { contextDisk, diskXml, domainName, domainXml, nicXml } from "./domain";
import type { Script, Shell } from "./shell";

/** The VM's folder on its host. */
export const vmDirectory = (job: VmJob): string => `${job.datastore.path}/${job.id}`;

const VIRSH = 'virsh() { command virsh --quiet --connect qemu:///system "$@"; }\n';
const STATE = 'state() { virsh domstate "$1" 2>/dev/null | head -n 1; }\n';
/** A stopped VM is nothing that the host knows: what it is made of comes with each start. */
const FORGET = 'forget() { ! virsh dominfo "$1" >/dev/null 2>&1 || virsh undefine --nvram "$1" >/dev/null; }\n';

/**
 * Hardware virtualization needs a processor that offers it; a device alone may be there in a container whose kernel
 * cannot use it.
 */
const ACCELERATION = '[ -w /dev/kvm ] && grep -qwE "vmx|svm" /proc/cpuinfo && echo kvm || echo qemu';

/** Seconds that a guest has to switch itself off before the plug is pulled (SHUTDOWN_TIMEOUT and FORCE_DESTROY of kvmrc). */
const CONFIG = "[ ! -r /var/tmp/one/etc/vmm/kvm/kvmrc ] || . /var/tmp/one/etc/vmm/kvm/kvmrc\n";

/** `$1` is the domain, `$2` the VM's folder. */
const SCRIPTS: Record<Exclude<VmmAction, "deploy" | "restore">, string> = {
  shutdown: `${CONFIG}[ -n "$(state "$1")" ] || exit 0
virsh shutdown "$1" >/dev/null 2>&1 || true
end=$(($(date +%s) + \${SHUTDOWN_TIMEOUT:-180}))
while [ "$(state "$1")" != "shut off" ]; do
  if [ "$(date +%s)" -ge "$end" ]; then
    [ "\${FORCE_DESTROY:-yes}" = yes ] || { echo "the guest did not switch itself off in time" >&2; exit 1; }
    virsh destroy "$1" >/dev/null
  fi
  sleep 0.2
done
forget "$1"`,
  cancel: 'case $(state "$1") in ""|"shut off") ;; *) virsh destroy "$1" >/dev/null ;; esac\nforget "$1"',
  save: `touch "$2/checkpoint" && chmod 0600 "$2/checkpoint"
virsh save "$1" "$2/checkpoint" >/dev/null
forget "$1"`,
  // What stays behind is a copy of what has moved; nobody asks this host about the VM again.
  migrate: `${CONFIG}there() { virsh --connect "$3" domuuid "$1" >/dev/null 2>&1; }
# shellcheck disable=SC2086
[ -z "$(state "$1")" ] && there "$@" ||
  virsh migrate --live --persistent --undefinesource $5 \${MIGRATE_OPTIONS:-} --migrateuri "$4" "$1" "$3"
[ -z "$5" ] || rm -rf "$2"`,
  reboot: 'virsh reboot "$1"',
  reset: 'virsh reset "$1"',
  attach_disk: 'virsh attach-device "$1" /dev/stdin --live',
  detach_disk: `virsh domblklist "$1" | awk -v t="$3" '$1 == t { found = 1 } END { exit !found }' || exit 0
virsh detach-disk "$1" "$3" --live
for _ in $(seq 100); do
  virsh domblklist "$1" | awk -v t="$3" '$1 == t { found = 1 } END { exit !found }' || exit 0
  sleep 0.1
done
echo "the guest does not let go of disk $3" >&2; exit 1`,
  attach_nic: 'virsh attach-device "$1" /dev/stdin --live',
  detach_nic: `virsh domiflist "$1" | grep -qiF "$3" || exit 0
virsh detach-interface "$1" bridge --mac "$3" --live
for _ in $(seq 100); do
  virsh domiflist "$1" | grep -qiF "$3" || exit 0
  sleep 0.1
done
echo "the guest does not let go of the NIC $3" >&2; exit 1`,
  snapshot_create: `virsh snapshot-create-as "$1" "snap-$(date +%s)" >/dev/null
virsh snapshot-current --name "$1"`,
  snapshot_revert: 'virsh snapshot-revert "$1" "$3" --running',
  snapshot_delete: 'virsh snapshot-delete "$1" "$3"',
  resize: 'virsh setvcpus "$1" "$3" --live\nvirsh setmem "$1" "$4" --live',
  resize_disk: 'virsh blockresize "$1" "$3" "$4"',
  update_conf: '[ -z "$3" ] || virsh change-media "$1" "$3" "$2/disk.$4" --update --live --force >/dev/null',
};

const START: Record<"deploy" | "restore", string> = {
  deploy: `if [ "$(state "$1")" != running ]; then
  umask 077; cat >"$2/deployment.xml"
  forget "$1"; virsh define "$2/deployment.xml" >/dev/null
  virsh start "$1" >/dev/null || { forget "$1"; exit 1; }
fi
virsh domuuid "$1"`,
  restore: `if [ "$(state "$1")" != running ]; then
  umask 077; cat >"$2/deployment.xml"
  virsh restore "$2/checkpoint" >/dev/null
  virsh define "$2/deployment.xml" >/dev/null
  rm -f "$2/checkpoint"
fi
virsh domuuid "$1"`,
};

function vectorOf(job: VmJob, kind: "DISK" | "NIC"): Record<string, string> {
  const [key, id] = kind === "DISK" ? ["DISK_ID", job.diskId] : ["NIC_ID", job.nicId];
  const found = vectors(job.template, kind).find((vector) => vector[key] === String(id));
  if (found === undefined) throw new Error(`the VM has no ${kind} ${id}`);
  return found;
}

/** What an action's script gets besides the domain and the folder. */
function parameters(action: VmmAction, job: VmJob): Pick<Script, "args" | "input"> {
  switch (action) {
    case "migrate": {
      const host = job.destination?.host.name ?? "";
      const copied = job.datastore.tmMad === "shared" ? "" : "--copy-storage-all";
      return { args: [`qemu+ssh://${host}/system`, `tcp://${host}`, copied] };
    }
    case "attach_disk":
      return { input: diskXml(vectorOf(job, "DISK"), vmDirectory(job)) };
    case "attach_nic":
      return { input: nicXml(vectorOf(job, "NIC"), job.id) };
    case "detach_disk":
      return { args: [vectorOf(job, "DISK").TARGET ?? ""] };
    case "detach_nic":
      return { args: [vectorOf(job, "NIC").MAC ?? ""] };
    case "resize":
      return { args: [get(job.template, "VCPU") ?? "1", String(Number(get(job.template, "MEMORY") ?? "0") * 1024)] };
    case "resize_disk":
      return { args: [vectorOf(job, "DISK").TARGET ?? "", `${job.sizeMb ?? 0}MiB`] };
    case "update_conf": {
      const drive = contextDisk(job.template);
      return { args: [drive?.TARGET ?? "", drive?.DISK_ID ?? ""] };
    }
    default:
      return { args: [job.snapshot ?? ""] };
  }
}

/** One action of the hypervisor's driver; answers with what its script prints, e.g. the deploy id. */
export async function hypervisorAction(shell: Shell, action: VmmAction, job: VmJob): Promise<string> {
  const { signal, id } = job;
  const directory = vmDirectory(job);
  const head = [domainName(id), directory];
  const host = job.host.name;
  if (action === "deploy" || action === "restore") {
    const type = (await shell.on(host, { text: ACCELERATION, signal })).trim() === "kvm" ? "kvm" : "qemu";
    const input = domainXml({ id, template: job.template, directory, type });
    return (await shell.on(host, { text: VIRSH + STATE + FORGET + START[action], args: head, input, signal })).trim();
  }
  const { args = [], input } = parameters(action, job);
  const text = VIRSH + STATE + FORGET + SCRIPTS[action];
  return (
    await shell.on(host, { text, args: [...head, ...args], ...(input !== undefined && { input }), signal })
  ).trim();
}

const POLL = `${VIRSH}for name in $(virsh list --all --name | grep '^one-[0-9]*$'); do
  echo "domain=$(virsh domuuid "$name")"; virsh domstats --raw --state --cpu-total --balloon --interface --block "$name"
done`;

/** libvirt's states of a domain. */
const DOMAIN_STATES: Record<string, PolledVm["state"]> = { 1: "RUNNING", 2: "RUNNING", 3: "PAUSED", 6: "ERROR" };

/** Nanoseconds of processor time at a moment, in ms. */
interface Sample {
  cpu: number;
  at: number;
}

/** Asks hosts for their VMs; how busy one is follows from two answers. */
export class Poller {
  private readonly samples = new Map<string, Sample>();

  constructor(
    private readonly shell: Shell,
    private readonly clock: () => number = Date.now,
  ) {}

  async poll(host: DriverHost, signal: AbortSignal): Promise<PolledVm[]> {
    const output = await this.shell.on(host.name, { text: POLL, signal });
    return output
      .split(/^domain=/m)
      .slice(1)
      .map((part) => this.polled(part));
  }

  private polled(text: string): PolledVm {
    const [deployId = "", ...lines] = text.split("\n").map((line) => line.trim());
    const pairs = lines.flatMap((line): [string, string][] => {
      const equals = line.indexOf("=");
      return equals < 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1)]];
    });
    const values = new Map(pairs);
    const sum = (pattern: RegExp): string =>
      String([...values].reduce((total, [name, value]) => total + (pattern.test(name) ? Number(value) : 0), 0));
    const monitoring = {
      CPU: this.load(deployId, Number(values.get("cpu.time") ?? "0")),
      MEMORY: values.get("balloon.rss") ?? "0",
      NETRX: sum(/^net\.\d+\.rx\.bytes$/),
      NETTX: sum(/^net\.\d+\.tx\.bytes$/),
      DISKRDBYTES: sum(/^block\.\d+\.rd\.bytes$/),
      DISKWRBYTES: sum(/^block\.\d+\.wr\.bytes$/),
      DISKRDIOPS: sum(/^block\.\d+\.rd\.reqs$/),
      DISKWRIOPS: sum(/^block\.\d+\.wr\.reqs$/),
    };
    return { deployId, state: DOMAIN_STATES[values.get("state.state") ?? ""] ?? "POWEROFF", monitoring };
  }

  /** Percent of a core since the last answer, one decimal. */
  private load(deployId: string, cpu: number): string {
    const at = this.clock();
    const before = this.samples.get(deployId);
    this.samples.set(deployId, { cpu, at });
    if (before === undefined || at <= before.at || cpu < before.cpu) return "0.0";
    return (((cpu - before.cpu) / 1e6 / (at - before.at)) * 100).toFixed(1);
  }
}
