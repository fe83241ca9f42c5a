// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";
import type { Contribution } from "../host/merge";

/** What the TLS layer hands to layers that add pages to the proxy, and to people. */
export interface TlsOutputs {
  /** Where browsers find FireEdge. */
  fireedge: pulumi.Output<string>;
  /** The XML-RPC API over TLS, on the management address. */
  oned: string;
  /** Certificate of the private authority, PEM; undefined where the certificate comes from elsewhere. */
  authority?: pulumi.Output<string>;
  /** What makes the front-end serve it. */
  contribution: Contribution;
}
