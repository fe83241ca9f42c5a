// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import type { HostConnection } from "../host";

/** What the front-end layer hands to those that talk to oned. */
export interface FrontendOutputs {
  /** oned's XML-RPC address as seen from the front-end itself. */
  endpoint: string;
  username: string;
  password: pulumi.Output<string>;
  /** The front-end's SSH, through which oned is reached. */
  connection: HostConnection;
  /** Public half of the key with which OpenNebula logs in to hypervisors. */
  oneadminPublicKey: pulumi.Output<string>;
  /** Done when oned answers. */
  ready: pulumi.Resource;
  /** The front-end's machine. */
  server: pulumi.Resource;
}
