// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import { elementOf } from "../api/storage";
import { either, optional, type Property } from "../core/schema";
import { flag, isObject, objects, text } from "../core/values";

/** Rules of a bucket: of the real provider's what drops versions, marks and parts. Not among the recordings. */
export const lifecycleRules: Property = {
  kind: "block",
  optional: true,
  fields: {
    abortIncompleteMultipartUploadDays: optional({ kind: "int" }),
    enabled: optional({ kind: "bool", required: true }),
    expiration: {
      kind: "object",
      optional: true,
      fields: { days: optional({ kind: "int" }), expiredObjectDeleteMarker: optional({ kind: "bool" }) },
    },
    id: either(),
    noncurrentVersionExpiration: {
      kind: "object",
      optional: true,
      fields: { noncurrentDays: optional({ kind: "int" }), newerNoncurrentVersions: optional({ kind: "int" }) },
    },
    prefix: optional(),
  },
};

/** An element with what is in it; nothing where that is nothing. */
function element(name: string, inner: PropertyValue | undefined): string {
  const isText = typeof inner === "string" || typeof inner === "number" || typeof inner === "boolean";
  return isText && inner ? `<${name}>${inner}</${name}>` : "";
}

const part = (rule: PropertyMap, name: string): PropertyMap => {
  const found = rule[name];
  return isObject(found) ? found : {};
};

/** As the real provider writes them. */
export function lifecycleDocument(rules: PropertyValue | undefined): string {
  const written = objects(Array.isArray(rules) ? rules : []).map((rule) => {
    const [expiration, hidden] = [part(rule, "expiration"), part(rule, "noncurrentVersionExpiration")];
    const expired =
      element("Days", expiration.days) + element("ExpiredObjectDeleteMarker", expiration.expiredObjectDeleteMarker);
    const dropped =
      element("NewerNoncurrentVersions", hidden.newerNoncurrentVersions) +
      element("NoncurrentDays", hidden.noncurrentDays);
    const days = element("DaysAfterInitiation", rule.abortIncompleteMultipartUploadDays);
    const inner = [
      element("AbortIncompleteMultipartUpload", days),
      element("Expiration", expired),
      `<Filter><Prefix>${text(rule.prefix)}</Prefix></Filter>`,
      element("ID", text(rule.id)),
      element("NoncurrentVersionExpiration", dropped),
      `<Status>${flag(rule.enabled) ? "Enabled" : "Disabled"}</Status>`,
    ];
    return `<Rule>${inner.join("")}</Rule>`;
  });
  return `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${written.join("")}</LifecycleConfiguration>`;
}

/** What a bucket says of its rules, as the state holds it. */
export function lifecycleIn(document: string): PropertyMap[] {
  return (document.match(/<Rule>.*?<\/Rule>/gs) ?? []).map((rule) => {
    const number = (name: string): number | null => Number(elementOf(rule, name) ?? "0") || null;
    const marks = elementOf(rule, "ExpiredObjectDeleteMarker") === "true" || null;
    const [days, hidden, newer] = ["Days", "NoncurrentDays", "NewerNoncurrentVersions"].map(number);
    return {
      abortIncompleteMultipartUploadDays: number("DaysAfterInitiation"),
      enabled: elementOf(rule, "Status") === "Enabled",
      expiration: days || marks ? { days: days ?? null, expiredObjectDeleteMarker: marks } : null,
      id: elementOf(rule, "ID") ?? "",
      noncurrentVersionExpiration:
        hidden || newer ? { noncurrentDays: hidden ?? null, newerNoncurrentVersions: newer ?? null } : null,
      prefix: elementOf(rule, "Prefix") || null,
    };
  });
}
