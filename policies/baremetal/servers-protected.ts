// SPDX-License-Identifier: Apache-2.0
import { definePolicy, inProduction, PRODUCTION } from "../define";

/** Deleting a server deletes its disks; both guards together make that a decision of two steps. */
export const serversProtected = definePolicy({
  name: "servers-protected",
  description: "Elastic Metal servers of production are protected at Scaleway and in Pulumi.",
  level: "mandatory",
  reason: "A renamed host in a pull request would delete a server with its disks.",
  severity: "high",
  controls: ["SOC2 A1.2", "GDPR Art. 32(1)(b)"],
  cure: "Set protect: true in the stack's configuration.",
  types: ["scaleway:elasticmetal/server:Server"],
  settings: PRODUCTION,
  check: (server) => {
    if (!inProduction(server)) return [];
    return [
      ...(server.props.protected === true ? [] : ["the server can be deleted at Scaleway"]),
      ...(server.protect ? [] : ["Pulumi may delete or replace the server"]),
    ];
  },
});
