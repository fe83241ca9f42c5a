// SPDX-License-Identifier: Apache-2.0

import type { Operation, Target } from "../acl";
import type { CallContext } from "../call";
import { Code, Failure } from "../failure";
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

const noNetwork = (nic: Vector): Failure =>
  new Failure(Code.ACTION, `Virtual network with ID: ${nic.NETWORK_ID ?? ""} does not exist`);

/** Until there are networks, none has an address. */
const NONE: NicLeases = {
  needs: () => [],
  lease: (_context, _vm, nic) => {
    throw noNetwork(nic);
  },
  release: () => undefined,
  attribute: () => "",
  rules: () => [],
  clusters: () => [],
};

export const nicLeases: NicLeases = NONE;

export const releaseNic = (state: State, vmId: number, nic: Vector): void => nicLeases.release(state, vmId, nic);
