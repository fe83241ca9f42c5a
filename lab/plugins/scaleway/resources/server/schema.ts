// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap } from "../../../../../provider/grpc/provider";
import { either, given, optional, output } from "../../core/schema";
import type { Schema } from "../../core/schema";
import { text, texts } from "../../core/values";
import { isUuid, plainId, refuseNoUuid } from "../../locality";
import { name, organizationId, projectId, sameId, times, zone } from "../common";

/** The option without which no Private Network can be attached. */
export const PRIVATE_NETWORK_OPTION = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";

export function isOfferId(value: string): boolean {
  return isUuid(plainId(value));
}

function warnOfOfferName(value: string): string | undefined {
  if (isOfferId(value)) return undefined;
  return `${value} names an hourly and perhaps a monthly offer: give the id that getOffer answers`;
}

function refuseNoDate(value: string): string | undefined {
  return value === "" || /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(value)
    ? undefined
    : "invalid input, expected a valid RFC3339 date";
}

const address = { address: output(), id: output(), reverse: output(), version: output() };
const secret = optional({ secret: true });

export const serverSchema: Schema = {
  cloudInit: either(),
  description: optional(),
  domain: output(),
  hostname: optional(),
  installConfigAfterward: optional({ kind: "bool", default: false }),
  ips: output({ kind: "block", fields: address }),
  ipv4s: output({ kind: "block", internalName: "ipv4", fields: address }),
  ipv6s: output({ kind: "block", internalName: "ipv6", fields: address }),
  name,
  offer: given({ rules: { warn: warnOfOfferName, same: sameId } }),
  offerId: output(),
  offerName: output(),
  options: optional({
    kind: "blockSet",
    fields: {
      expiresAt: optional({ default: "", rules: { refuse: refuseNoDate } }),
      id: given(),
      name: output(),
    },
    identity: (option) => `${text(option.id)} ${text(option.expiresAt)}`,
  }),
  organizationId,
  os: optional({ rules: { refuse: refuseNoUuid, same: sameId } }),
  osName: output(),
  partitioning: optional(),
  password: { ...secret, conflictsWith: ["passwordWo"] },
  passwordWo: optional({ conflictsWith: ["password"] }),
  passwordWoVersion: optional({ kind: "int" }),
  privateIps: either({ kind: "block", fields: { address: output(), id: output() } }),
  privateNetworks: optional({
    kind: "blockSet",
    internalName: "private_network",
    fields: {
      createdAt: times.createdAt,
      id: given({ stored: plainId }),
      ipamIpIds: either({ kind: "list" }),
      mappingId: output(),
      status: output(),
      updatedAt: times.updatedAt,
      vlan: output({ kind: "int" }),
    },
    // In the program's own words: a plain id is another element than a full one, at every plan.
    identity: (network) => text(network.id),
  }),
  projectId,
  protected: optional({ kind: "bool", default: false }),
  reinstallOnConfigChanges: optional({ kind: "bool", default: false }),
  servicePassword: { ...secret, conflictsWith: ["servicePasswordWo"] },
  servicePasswordWo: optional({ conflictsWith: ["servicePassword"] }),
  servicePasswordWoVersion: optional({ kind: "int" }),
  serviceUser: either(),
  sshKeyIds: optional({ kind: "list", element: { refuse: refuseNoUuid } }),
  tags: either({ kind: "list" }),
  user: either(),
  zone,
};

/** What an installation is made of; a change of one of these needs a new installation to take effect. */
export const INSTALL_SETTINGS = [
  "sshKeyIds",
  "user",
  "password",
  "passwordWoVersion",
  "serviceUser",
  "servicePassword",
];

/** The networks and the addresses that the program (or the state) books in them, as the API wants them. */
export function networkMap(networks: PropertyMap[]): Record<string, string[]> {
  return Object.fromEntries(
    networks.map((network) => [plainId(text(network.id)), texts(network.ipamIpIds).map(plainId)]),
  );
}
