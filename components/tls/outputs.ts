// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";

/** What the TLS layer hands to layers that add pages to the proxy, and to people. */
export interface TlsOutputs {
  /** Where browsers find FireEdge. */
  fireedge: pulumi.Output<string>;
  /** The XML-RPC API over TLS, on the management address. */
  oned: string;
  /** Certificate of the private authority, PEM; undefined where the certificate comes from elsewhere. */
  authority?: pulumi.Output<string>;
  /** Done when the proxy serves. */
  ready: pulumi.Resource;
}
