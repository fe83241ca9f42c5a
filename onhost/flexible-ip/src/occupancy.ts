// SPDX-License-Identifier: Apache-2.0
import { LcmState, VmState } from "../../../opennebula/objects/vm-states";
import type { XmlElement } from "../../../opennebula/xml";
import { belongsTo } from "./addresses";
import type { FlexibleIp } from "./api";
import { isChanging } from "./nics";

/** What oned says of a VM with regard to the host of its latest history record. */
export enum Phase {
  /** The guest runs there. */
  Running = "running",
  /** It is being started or moved there. */
  Arriving = "arriving",
  /** It is between two stable states, on its way from there. */
  Leaving = "leaving",
  /** It runs nowhere. */
  Idle = "idle",
}

/** One VM's use of one address. */
export interface Claim {
  vm: number;
  address: string;
  /** Of the latest history record; undefined for a VM that was never deployed. */
  host?: string;
  phase: Phase;
  /** The interface is being attached or detached just now. */
  changing: boolean;
}

/** Life-cycle states in which an active VM's guest runs, hot changes and lost contact included. */
const RUNNING = new Set([
  LcmState.Running,
  LcmState.Unknown,
  LcmState.Hotplug,
  LcmState.HotplugSnapshot,
  LcmState.HotplugNic,
  LcmState.HotplugSaveas,
  LcmState.HotplugResize,
  LcmState.DiskSnapshot,
  LcmState.DiskSnapshotDelete,
  LcmState.DiskResize,
  LcmState.Backup,
]);
/** Prolog, boot and migration: the latest history record names the destination. */
const ARRIVING = new Set([
  LcmState.Prolog,
  LcmState.PrologMigrate,
  LcmState.PrologMigratePoweroff,
  LcmState.PrologMigrateSuspend,
  LcmState.PrologMigrateUnknown,
  LcmState.PrologResume,
  LcmState.PrologUndeploy,
  LcmState.Boot,
  LcmState.BootMigrate,
  LcmState.BootPoweroff,
  LcmState.BootStopped,
  LcmState.BootSuspended,
  LcmState.BootUndeploy,
  LcmState.BootUnknown,
  LcmState.Migrate,
]);

/** The phase that a VM's STATE and LCM_STATE mean. */
export function phaseOf(state: number, lcmState: number): Phase {
  if ((state as VmState) !== VmState.Active) return Phase.Idle;
  if (RUNNING.has(lcmState)) return Phase.Running;
  return ARRIVING.has(lcmState) ? Phase.Arriving : Phase.Leaving;
}

const ADDRESS_ATTRIBUTES = ["IP", "IP6", "IP6_GLOBAL"];

/** Every address that a VM has a lease of, with who holds it where. */
export function claimsOf(vm: XmlElement): Claim[] {
  const template = vm.child("TEMPLATE");
  const host = vm.child("HISTORY_RECORDS")?.all("HISTORY").at(-1)?.value("HOSTNAME");
  const common = {
    vm: vm.int("ID", -1),
    ...(host !== undefined && { host }),
    phase: phaseOf(vm.int("STATE", -1), vm.int("LCM_STATE", 0)),
  };
  // A NIC of no network holds no lease: a tenant may write any address there.
  const nics = [...(template?.all("NIC") ?? []), ...(template?.all("NIC_ALIAS") ?? [])].filter(
    (nic) => nic.value("NETWORK_ID") !== "",
  );
  return nics.flatMap((nic) =>
    ADDRESS_ATTRIBUTES.map((attribute) => nic.value(attribute))
      .filter((address) => address !== "")
      .map((address) => ({ ...common, address, changing: isChanging(nic) })),
  );
}

/** The claims on one flexible IP. */
export function claimsOn(ip: FlexibleIp, claims: readonly Claim[]): Claim[] {
  return claims.filter(({ address }) => belongsTo(address, ip.address));
}

/**
 * Why an address must not come to a host now; undefined if it may. oned decides, not the host: the VM must be there, or be on its
 * way there, by its latest history record, and hold the address.
 */
export function refusal(
  claims: readonly Claim[],
  { vm, address, host }: { vm: number; address: string; host: string },
): string | undefined {
  const claim = claims.find((one) => one.vm === vm && one.address === address);
  if (claim === undefined) return `VM ${vm} has no lease of ${address} in oned`;
  if (claim.host !== host) return `${address} belongs to VM ${vm}, which oned has on ${claim.host ?? "no host"}`;
  if (claim.phase === Phase.Running || claim.phase === Phase.Arriving) return undefined;
  return `${address} belongs to VM ${vm}, which is ${claim.phase} on ${host}`;
}

/** Why a host that gives an address up keeps it all the same; undefined if it may go. */
export function stillNeeded(claims: readonly Claim[], host: string): string | undefined {
  const here = claims.find((one) => one.host === host && one.phase === Phase.Running && !one.changing);
  if (here !== undefined) return `kept: VM ${here.vm} runs here with it`;
  // Its own `post` fetches the address there: detaching it first would only make the pause longer.
  const elsewhere = claims.find(
    (one) =>
      one.host !== undefined && one.host !== host && (one.phase === Phase.Arriving || one.phase === Phase.Running),
  );
  return elsewhere && `left to ${elsewhere.host}, where VM ${elsewhere.vm} is now`;
}

/** What the reconciler would do with one address. */
export type Verdict =
  | { action: "none"; why: string }
  | { action: "attach"; host: string; serverId: string; vm: number }
  /** No VM runs with it: to be released if the next look says the same. */
  | { action: "release"; serverId: string }
  | { action: "report"; problem: string };

/**
 * Compares where an address is with where oned says its VM runs. What is under way, at Scaleway or in oned, is left to those who
 * began it.
 *
 * @param servers - Scaleway's server id of each host.
 */
export function verdict(ip: FlexibleIp, claims: readonly Claim[], servers: Readonly<Record<string, string>>): Verdict {
  const own = claimsOn(ip, claims);
  if (ip.status === "updating" || ip.status === "detaching") return { action: "none", why: ip.status };
  if (ip.status === "locked") return { action: "report", problem: `${ip.address} is locked by Scaleway` };
  const moving = own.find(({ phase, changing }) => changing || phase === Phase.Arriving || phase === Phase.Leaving);
  if (moving !== undefined) return { action: "none", why: `VM ${moving.vm} is on its way` };
  const running = own.filter(({ phase }) => phase === Phase.Running);
  const hosts = [...new Set(running.map(({ host }) => host ?? ""))];
  const [host] = hosts;
  if (host === undefined) {
    return ip.serverId === undefined ? { action: "none", why: "unused" } : { action: "release", serverId: ip.serverId };
  }
  if (hosts.length > 1) {
    return { action: "report", problem: `${ip.address} is used on several hosts: ${hosts.sort().join(", ")}` };
  }
  const serverId = servers[host];
  if (serverId === undefined) {
    return { action: "report", problem: `${ip.address} is used on ${host}, which is no server of this cloud` };
  }
  const right = ip.status === "attached" && ip.serverId === serverId;
  return right ? { action: "none", why: "attached" } : { action: "attach", host, serverId, vm: running[0]!.vm };
}
