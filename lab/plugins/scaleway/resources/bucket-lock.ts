// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { isStatus } from "../api/errors";
import { elementOf, type BucketClient } from "../api/storage";
import type { Call, ResourceDefinition } from "../core/resource";
import { given, optional } from "../core/schema";
import { isObject, plain, text } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenProject, chosenRegion, ignoringGone, projectId, region } from "./common";

const CALL = { operation: "PutObjectLockConfiguration", method: "PUT", query: "object-lock=" } as const;

function document(rule: PropertyValue | undefined): string {
  const retention = isObject(rule) && isObject(rule.defaultRetention) ? rule.defaultRetention : undefined;
  const age = ["Days", "Years"]
    .map((unit) => [unit, retention?.[unit.toLowerCase()]] as const)
    .flatMap(([unit, value]) => (typeof value === "number" && value > 0 ? [`<${unit}>${value}</${unit}>`] : []));
  const inner =
    retention &&
    `<Rule><DefaultRetention><Mode>${text(retention.mode)}</Mode>${age.join("")}</DefaultRetention></Rule>`;
  return (
    `<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
    `<ObjectLockEnabled>Enabled</ObjectLockEnabled>${inner ?? ""}</ObjectLockConfiguration>`
  );
}

/** How long objects of a bucket cannot be deleted. Not among the recordings: modelled on the bucket's own calls. */
export const bucketLock: ResourceDefinition = {
  token: "scaleway:object/bucketLockConfiguration:BucketLockConfiguration",
  schema: {
    bucket: given({ forceNew: true }),
    projectId,
    region,
    rule: {
      kind: "object",
      required: true,
      fields: {
        defaultRetention: {
          kind: "object",
          required: true,
          fields: { mode: given(), days: optional({ kind: "int" }), years: optional({ kind: "int" }) },
        },
      },
    },
  },

  async create(planned, call) {
    const inRegion = chosenRegion(planned, call.defaults);
    const called = text(planned.bucket).split("/").at(-1) ?? "";
    const client = call.api.bucket(inRegion, called, chosenProject(planned, call.defaults));
    await client.call({ ...CALL, body: document(plain(planned.rule)) });
    call.created(fullId(inRegion, called));
  },

  async read(id, call, prior) {
    const { locality, id: called } = splitId(id);
    let found: string;
    try {
      const query = "object-lock=";
      found = await clientOf(id, prior, call).call({ operation: "GetObjectLockConfiguration", method: "GET", query });
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
    const [days, years] = ["Days", "Years"].map((unit) => Number(elementOf(found, unit) ?? "0"));
    return {
      bucket: text(prior.bucket) || called,
      projectId: chosenProject(prior, call.defaults),
      region: locality,
      rule: { defaultRetention: { mode: elementOf(found, "Mode") ?? "", days: days || null, years: years || null } },
    };
  },

  async update(id, change, call) {
    await clientOf(id, change.planned, call).call({ ...CALL, body: document(plain(change.planned.rule)) });
  },

  delete: (id, prior, call) => ignoringGone(clientOf(id, prior, call).call({ ...CALL, body: document(null) })),
};

function clientOf(id: string, properties: PropertyMap, call: Call): BucketClient {
  const { locality, id: called } = splitId(id);
  return call.api.bucket(locality, called, chosenProject(properties, call.defaults));
}
