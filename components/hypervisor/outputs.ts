// SPDX-License-Identifier: Apache-2.0
import type * as pulumi from "@pulumi/pulumi";

/** What the hypervisors hand to those that work with all of them. */
export interface HypervisorOutputs {
  /** Public keys with which hosts ask the flexible-IP broker, by host name; empty without flexible IPs. */
  flexibleIpKeys: Record<string, pulumi.Output<string>>;
  /** Done when the host has the packages and the login of a hypervisor, by host name. */
  installed: Record<string, pulumi.Resource>;
}

/** The hypervisors as oned knows them. */
export interface RegistrationOutputs {
  /** Ids in oned by host name. */
  hostIds: Record<string, pulumi.Output<number>>;
  /** Done when oned monitors the host, by host name. */
  ready: Record<string, pulumi.Resource>;
}
