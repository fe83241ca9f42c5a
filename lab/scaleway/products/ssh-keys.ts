// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from "node:crypto";
import type { Body } from "../core/body";
import { byName, byOrganization, byProject, Resource } from "../core/resources";
import type { Route } from "../core/router";
import type { World } from "../core/world";

/** IAM's SSH keys: public keys of a project, which a server's installation names. */
export function sshKeyRoutes(world: World): Route[] {
  const keys: Resource<"sshKeys"> = new Resource(world, {
    table: "sshKeys",
    product: "sshKeys",
    path: "/iam/v1alpha1/ssh-keys",
    listKey: "ssh_keys",
    resource: "ssh_key",
    create: (request) => {
      const { body } = request;
      const key = readPublicKey(body);
      const projectId = body.string("project_id", world.store.state.projectId);
      const name = body.string("name", "");
      body.check();
      keys.authorize(request, projectId);
      const now = world.clock.timestamp();
      const api = {
        id: randomUUID(),
        name,
        public_key: key.line,
        fingerprint: key.fingerprint,
        created_at: now,
        updated_at: now,
        organization_id: world.store.state.organizationId,
        project_id: projectId,
        disabled: false,
      };
      return world.store.insert("sshKeys", { id: api.id, scope: "", api, internal: undefined });
    },
    update: (row, { body }) => {
      row.api.name = body.string("name", row.api.name);
      row.api.disabled = body.boolean("disabled", row.api.disabled);
    },
    remove: () => undefined,
    filters: {
      name: byName,
      organization_id: byOrganization,
      project_id: byProject,
      disabled: (row, value) => String(row.api.disabled) === value,
    },
  });
  return keys.routes();
}

const keyTypes =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com)$/;

/** The key without its comment (the API strips it) and its fingerprint in the API's form. */
function readPublicKey(body: Body): { line: string; fingerprint: string } {
  const refused = { line: "", fingerprint: "" };
  const [type, data] = body.string("public_key").trim().split(/\s+/);
  if (type === undefined || data === undefined || !keyTypes.test(type)) {
    return body.refuse("public_key", "must be an OpenSSH public key", refused);
  }
  const blob = Buffer.from(data, "base64");
  if (blob.length < 4 || blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() !== type) {
    return body.refuse("public_key", "must be an OpenSSH public key", refused);
  }
  const digest = createHash("md5").update(blob).digest("hex").match(/../g)?.join(":") ?? "";
  return { line: `${type} ${data}`, fingerprint: `${bits(type, blob)} MD5:${digest} (${type})` };
}

function bits(type: string, blob: Buffer): number {
  const curve = /nistp(\d+)/.exec(type)?.[1];
  if (curve !== undefined) return Number(curve);
  if (type !== "ssh-rsa") return 256;
  // RFC 4253: string type, mpint e, mpint n; n's size is the key's.
  const exponentAt = 4 + blob.readUInt32BE(0);
  const modulusAt = exponentAt + 4 + blob.readUInt32BE(exponentAt);
  const modulus = blob.subarray(modulusAt + 4);
  return (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8;
}
