// SPDX-License-Identifier: Apache-2.0
import type { ResourceValidationPolicy } from "@pulumi/policy";

/** Deleting a server deletes its disks; both guards together make that a decision of two steps. */
export const serversProtected: ResourceValidationPolicy = {
  name: "servers-protected",
  description: "Elastic Metal servers are protected at Scaleway and in Pulumi.",
  enforcementLevel: "advisory",
  validateResource: (args, reportViolation) => {
    if (args.type !== "scaleway:elasticmetal/server:Server") return;
    if (args.props.protected !== true)
      reportViolation("the server can be deleted at Scaleway. Set protect: true in the stack's configuration.");
    if (!args.opts.protect)
      reportViolation("Pulumi may delete or replace the server. Set protect: true in the stack's configuration.");
  },
};
