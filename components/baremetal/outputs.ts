// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import type { HostConnection } from "../host";

/** What the bare-metal layer hands to the layers that configure a host. */
export interface HostOutputs {
  /** Address on the public bridge, without prefix length. */
  publicAddress: pulumi.Output<string>;
  managementAddress: string;
  /** Pinned to the key that the host made itself. */
  connection: HostConnection;
  /** Done when the host's network is confirmed: what every later command on it depends on. */
  ready: pulumi.Resource;
  /** The machine: work on the host goes with it. */
  server: pulumi.Resource;
  /** Full id (`fr-par-2/<uuid>`). */
  serverId: pulumi.Output<string>;
}
