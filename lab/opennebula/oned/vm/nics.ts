// SPDX-License-Identifier: Apache-2.0

import type { Operation, Target } from "../acl";
import type { CallContext } from "../call";
import {
  leaseNic,
  networkAttribute,
  networkClusters,
  nicNeeds,
  noteSecurityGroups,
  releaseNic as release,
  securityGroupRules,
} from "../leases";
import { idList } from "../network/updates";
import type { State } from "../state";
import type { Vector } from "./vectors";

/** Addresses of virtual networks, as a VM's NICs need them. */
export interface NicLeases {
  /** Rights on the network that a NIC names. */
  needs: (context: CallContext, nic: Vector) => [Operation, Target][];
  /** Takes an address and fills in what the NIC has from its network; throws oned's refusal. */
  lease: (context: CallContext, vmId: number, nic: Vector) => void;
  release: (state: State, vmId: number, nic: Vector) => void;
  /** What a network, or the address range of a NIC, says about an attribute: for the guest's context. */
  attribute: (state: State, nic: Vector, name: string) => string;
  /** Rules of the security groups that NICs are in, each with the group's id and name. */
  rules: (state: State, groups: number[]) => Vector[];
  /** Clusters that a NIC's network is in. */
  clusters: (state: State, nic: Vector) => number[];
}

export const nicLeases: NicLeases = {
  needs: nicNeeds,
  lease: (context, vmId, nic) => {
    const filled = leaseNic(context, nic, { id: vmId, uid: context.state.find("vm", vmId)?.uid ?? context.user.id });
    for (const name of Object.keys(nic)) if (filled[name] === undefined) delete nic[name];
    Object.assign(nic, filled);
    noteSecurityGroups(context.state, vmId, idList(nic.SECURITY_GROUPS), true);
  },
  release: (state, vmId, nic) => {
    release(state, nic, { kind: "vm", id: vmId });
    noteSecurityGroups(state, vmId, idList(nic.SECURITY_GROUPS), false);
  },
  attribute: networkAttribute,
  rules: securityGroupRules,
  clusters: networkClusters,
};

export const releaseNic = (state: State, vmId: number, nic: Vector): void => nicLeases.release(state, vmId, nic);
