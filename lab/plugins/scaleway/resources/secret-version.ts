// SPDX-License-Identifier: Apache-2.0
import { timestamp } from "../api/wire";
import type { ResourceDefinition } from "../core/resource";
import { given, optional, output } from "../core/schema";
import { text } from "../core/values";
import { fullId, splitId } from "../locality";
import { chosenRegion, ignoringGone, patchOf, region, sameId, times } from "./common";
import { secretsPath, seen, type Version } from "./secret";

/**
 * What the real provider sends and stores: base64 of the given text, unless that text is base64 already, by chance or not. So a
 * password of 32 letters and digits would be stored as 24 other bytes; who uses this gives what no base64 is.
 */
function encoded(value: string): string {
  const isBase64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value);
  return isBase64 ? value : Buffer.from(value, "utf8").toString("base64");
}

const sameData = (old: string, next: string): boolean => old !== "" && next !== "" && encoded(old) === encoded(next);

const exactlyOneOf = ["data", "dataWo"];

/** `<region>/<secret>/<revision>` in its three parts. */
function placeOf(id: string): { path: string; revision: string } {
  const { locality, id: rest } = splitId(id);
  const { locality: secretId, id: revision } = splitId(rest);
  return { path: `${secretsPath(locality)}/${secretId}/versions/${revision}`, revision };
}

export const secretVersion: ResourceDefinition = {
  token: "scaleway:secrets/version:Version",
  schema: {
    // In the order in which the real provider lists its refusals.
    dataWo: optional({ secret: true, exactlyOneOf }),
    data: optional({ secret: true, forceNew: true, exactlyOneOf, rules: { same: sameData } }),
    createdAt: times.createdAt,
    dataWoVersion: optional({ kind: "int", forceNew: true }),
    description: optional(),
    region,
    revision: output(),
    secretId: given({ forceNew: true, rules: { same: sameId } }),
    srn: output(),
    status: output(),
    updatedAt: times.updatedAt,
  },

  plan(change) {
    const { data } = change.planned;
    if (typeof data === "string") change.planned.data = encoded(data);
    return Promise.resolve();
  },

  async create(planned, call) {
    const { locality, id: secretId } = splitId(text(planned.secretId));
    const inRegion = locality || chosenRegion(planned, call.defaults);
    const description = text(planned.description);
    const made = await call.api.post<Version>(`${secretsPath(inRegion)}/${secretId}/versions`, {
      data: text(planned.data) || encoded(text(planned.dataWo)),
      ...(description ? { description } : {}),
    });
    call.created(`${fullId(inRegion, secretId)}/${String(made.revision)}`);
  },

  async read(id, call) {
    const { path } = placeOf(id);
    const version = await seen<Version>(call, path);
    const secretId = fullId(version.region, version.secret_id);
    return {
      createdAt: timestamp(version.created_at),
      description: version.description,
      region: version.region,
      revision: String(version.revision),
      secretId,
      srn: `srn://secret-manager.scw.eu/regions/${version.region}/secrets/${version.secret_id}/versions/${String(version.revision)}`,
      status: version.status,
      updatedAt: timestamp(version.updated_at),
    };
  },

  async update(id, change, call) {
    const body = patchOf(change, { description: "description" });
    if (Object.keys(body).length > 0) await call.api.patch(placeOf(id).path, body);
  },

  delete: (id, _prior, call) => ignoringGone(call.api.delete(placeOf(id).path)),
};
