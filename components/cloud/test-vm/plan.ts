// SPDX-License-Identifier: Apache-2.0
import { publicGuestContext } from "../networks/guest";
import { SecurityGroupDirection as Direction, SecurityGroupProtocol as Protocol } from "../types.gen";

/** Where a test VM stands. */
export enum TestVmKind {
  /** On the hosts' public bridge, with a flexible IP. */
  Public = "public",
  /** In a VXLAN. */
  Private = "private",
}

/** A rule of the test VM's security group. */
export interface TestVmRule {
  protocol: Protocol;
  direction: Direction;
  ports?: string;
}

/** The smallest VM that shows whether a cloud works: what it is made from, and who may reach it. */
export interface TestVmPlan {
  cpu: number;
  vcpu: number;
  /** MiB. */
  memory: number;
  /** Of its group in OpenNebula; empty in a VXLAN, where the network's own group holds. */
  rules: TestVmRule[];
  context: Record<string, string>;
}

/** Plans a test VM. OneGate's token is in its context, so that the guest can ask about itself. */
export function planTestVm(kind: TestVmKind): TestVmPlan {
  const rules = [
    { protocol: Protocol.All, direction: Direction.Outbound },
    { protocol: Protocol.Icmp, direction: Direction.Inbound },
    { protocol: Protocol.Tcp, direction: Direction.Inbound, ports: "22" },
  ];
  return {
    cpu: 0.1,
    vcpu: 1,
    memory: 128,
    rules: kind === TestVmKind.Public ? rules : [],
    context: { ...publicGuestContext(), TOKEN: "YES" },
  };
}
