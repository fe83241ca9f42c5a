// SPDX-License-Identifier: Apache-2.0

import type { OnedConfig } from "../config";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { State } from "../state";
import { get, set, vectors } from "../template";
import { nicLeases } from "./nics";
import type { Vector } from "./vectors";

interface ContextVariable {
  /** After `ETH0_`. */
  name: string;
  /** Attributes of the NIC, in order of preference. */
  nic: string[];
  /** Asked of the NIC's address range and network when the NIC has it not. */
  network?: string;
}

const plain = (name: string): ContextVariable => ({ name, nic: [name] });
const asked = (name: string, attribute = name): ContextVariable => ({ name, nic: [attribute], network: attribute });

/** What a guest is told about each NIC. */
const VARIABLES: ContextVariable[] = [
  plain("IP"),
  plain("MAC"),
  asked("MASK", "NETWORK_MASK"),
  asked("NETWORK", "NETWORK_ADDRESS"),
  asked("GATEWAY"),
  asked("DNS"),
  asked("SEARCH_DOMAIN"),
  asked("MTU", "GUEST_MTU"),
  asked("METRIC"),
  asked("METHOD"),
  asked("VLAN_ID"),
  plain("VROUTER_IP"),
  plain("VROUTER_MANAGEMENT"),
  plain("EXTERNAL"),
  { name: "IP6", nic: ["IP6_GLOBAL", "IP6"] },
  plain("IP6_ULA"),
  asked("IP6_GATEWAY", "GATEWAY6"),
  asked("IP6_METRIC"),
  asked("IP6_METHOD"),
  asked("IP6_PREFIX_LENGTH", "PREFIX_LENGTH"),
  { name: "VROUTER_IP6", nic: ["VROUTER_IP6_GLOBAL", "VROUTER_IP6"] },
];

/** Works the NICs' part of the guest's context out again. */
export function contextFor(state: State, vm: Entity<"vm">): void {
  const context = vectors(vm.template, "CONTEXT")[0];
  if (context === undefined) return;
  for (const name of Object.keys(context)) if (/^ETH\d+_/.test(name)) delete context[name];
  if (context.NETWORK?.toUpperCase() !== "YES") return;
  for (const nic of vectors(vm.template, "NIC")) {
    fill(state, context, nic, `ETH${nic.NIC_ID ?? ""}_`);
  }
  for (const nic of vectors(vm.template, "NIC_ALIAS")) {
    fill(state, context, nic, `ETH${nic.PARENT_ID ?? ""}_ALIAS${nic.ALIAS_ID ?? ""}_`);
  }
}

function fill(state: State, context: Vector, nic: Vector, prefix: string): void {
  for (const { name, nic: attributes, network } of VARIABLES) {
    const own = attributes.map((attribute) => nic[attribute] ?? "").find((value) => value !== "");
    context[prefix + name] = own ?? (network === undefined ? "" : nicLeases.attribute(state, nic, network));
  }
}

/** Replaces `$NAME`, `$USER[ATTRIBUTE]` and attributes of the VM (`$MEMORY`) in a guest's context. */
export function expandContext(state: State, vm: Entity<"vm">, context: Vector): void {
  const user = state.find("user", vm.uid);
  const simple: Record<string, string> = {
    NAME: vm.name,
    VMID: String(vm.id),
    UID: String(vm.uid),
    GID: String(vm.gid),
    UNAME: user?.name ?? "",
    GNAME: state.find("group", vm.gid)?.name ?? "",
  };
  for (const [key, text] of Object.entries(context)) {
    context[key] = text
      .replace(/\$USER\[(\w+)\]/g, (_whole, name: string) =>
        user === undefined ? "" : (get(user.template, name) ?? ""),
      )
      .replace(/\$(?:NIC|NETWORK)\[(\w+)(?:,\s*NIC_ID=\\?"?(\d+)\\?"?)?\]/g, (_whole, name: string, id?: string) => {
        const nic = vectors(vm.template, "NIC").find((n) => id === undefined || n.NIC_ID === id);
        return nic === undefined ? "" : (nic[name] ?? nicLeases.attribute(state, nic, name));
      })
      .replace(/\$(?:TEMPLATE\[(\w+)\]|([A-Z_]\w*))/g, (_whole, inTemplate?: string, plainName?: string) => {
        const name = inTemplate ?? plainName ?? "";
        return simple[name] ?? get(vm.template, name) ?? get(vm.data.userTemplate, name) ?? "";
      });
  }
}

/** A guest with a token learns where OneGate is, and who it is itself. @throws Failure where oned.conf names no OneGate */
export function tokenContext(config: OnedConfig, vm: Entity<"vm">, context: Vector): void {
  if (context.TOKEN?.toUpperCase() !== "YES") return;
  const endpoint = config.get("ONEGATE_ENDPOINT") ?? "";
  if (endpoint === "") {
    throw new Failure(Code.INTERNAL, "TOKEN set, but onegate endpoint was not defined in oned.conf.");
  }
  Object.assign(context, { ONEGATE_ENDPOINT: endpoint, VMID: String(vm.id) });
  vm.template = set(vm.template, "CREATED_BY", String(vm.uid));
}
