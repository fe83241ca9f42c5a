// SPDX-License-Identifier: Apache-2.0
import { isPublic } from "./addresses";
import type { XmlElement } from "../../../opennebula/xml";

/** A public address that a VM's interface carries. */
export interface GuestAddress {
  address: string;
  /** The MAC that the guest shows for it, in lower case: an alias has that of the interface it stands on. */
  mac: string;
  /** `NIC 0`, `NIC_ALIAS 1`: for messages. */
  nic: string;
}

/** The interfaces of a VM that are on the public bridge, as one network driver sees them. */
export interface GuestPlan {
  vm: number;
  addresses: GuestAddress[];
  /** Why the VM would be without connectivity if it started like this. */
  problems: string[];
}

/** Which of a VM's interfaces are looked at. */
export interface NicSelection {
  /** Bridge that carries the public network: what stands on it needs a flexible IP. */
  bridge: string;
  /** Only interfaces of this driver (VN_MAD): OpenNebula runs the hooks once for each. @default all */
  driver?: string;
}

const ADDRESS_ATTRIBUTES = ["IP", "IP6", "IP6_GLOBAL"];

/**
 * Reads from a VM's document what should be attached where it runs. An interface needs a flexible IP if it is on the public
 * bridge; `FLEXIBLE_IP` on the interface (or inherited from its network) says YES or NO against that. While an interface is being
 * attached or detached the document marks it with `ATTACH`; only it is meant then.
 *
 * @param vm - a VM as oned writes it, e.g. what a hook gets on standard input.
 */
export function guestPlan(vm: XmlElement, { bridge, driver }: NicSelection): GuestPlan {
  const plan: GuestPlan = { vm: vm.int("ID", -1), addresses: [], problems: [] };
  const template = vm.child("TEMPLATE");
  const nics = template?.all("NIC") ?? [];
  const all = [...nics, ...(template?.all("NIC_ALIAS") ?? [])];
  const changing = all.filter(isChanging);
  for (const nic of changing.length > 0 ? changing : all) {
    const wish = nic.value("FLEXIBLE_IP").toUpperCase();
    if (driver !== undefined && nic.value("VN_MAD") !== driver) continue;
    if (wish === "NO" || (wish !== "YES" && nic.value("BRIDGE") !== bridge)) continue;
    const name = `${nic.name} ${nic.value("NIC_ID")}`;
    const addresses = [...new Set(ADDRESS_ATTRIBUTES.map((attribute) => nic.value(attribute)).filter(isPublic))];
    if (addresses.length === 0) {
      plan.problems.push(`${name} is on the public network without a public address (FLEXIBLE_IP=NO allows that)`);
    }
    const carrier = nic.name === "NIC" ? nic : (nics.find((one) => one.value("NIC_ID") === parentOf(nic)) ?? nic);
    const mac = carrier.value("MAC").toLowerCase();
    plan.addresses.push(...addresses.map((address) => ({ address, mac, nic: name })));
  }
  return plan;
}

/** True for an interface that is being attached or detached. */
export function isChanging(nic: XmlElement): boolean {
  return nic.value("ATTACH").toUpperCase() === "YES";
}

/** `PARENT_ID` where oned writes it, else the number in `PARENT` (`NIC0`). */
function parentOf(alias: XmlElement): string {
  return alias.value("PARENT_ID") || alias.value("PARENT").replace(/^NIC/, "");
}
