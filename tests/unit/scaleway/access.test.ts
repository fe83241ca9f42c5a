// SPDX-License-Identifier: Apache-2.0
import { readFileSync, statSync } from "node:fs";
import { Api, baremetal, flexible, iam, offer, publicKey, vpc } from "./api";

let api: Api;
beforeEach(async () => {
  api = await new Api().start();
});
afterEach(() => api.end());

/** An application with one policy; its key's secret. */
async function agent(rules: object[], key: object = {}): Promise<{ secret: string; application: string }> {
  const application = await api.id("POST", `${iam}/applications`, { name: "agent" });
  await api.ok("POST", `${iam}/policies`, { name: "p", rules, application_id: application });
  const made = await api.ok("POST", `${iam}/api-keys`, { application_id: application, ...key });
  return { secret: String(made["secret_key"]), application };
}

test.each([undefined, "", "00000000-0000-0000-0000-000000000000"])("token %p is not let in", async (token) => {
  api.token = token;
  const reply = await api.call("GET", `${vpc}/vpcs`);
  expect(reply).toMatchObject({
    status: 401,
    body: { type: "denied_authentication", message: "authentication is denied" },
  });
});

test("every answer says that it is a stand-in's", async () => {
  for (const path of [`${vpc}/vpcs`, "/nothing", "/_lab/health"]) {
    expect((await api.call("GET", path)).headers.get("X-Stand-In")).toContain("opennebula-scaleway lab");
  }
});

test("a key may do what its application's policies grant, and no more", async () => {
  const project = api.credentials.projectId;
  const { secret } = await agent([{ permission_set_names: ["ElasticMetalReadOnly"], project_ids: [project] }]);
  const fip = await api.id("POST", `${flexible}/fips`, {});
  api.token = secret;
  expect((await api.call("GET", `${flexible}/fips/${fip}`)).status).toBe(200);
  expect(await api.call("POST", `${flexible}/fips/detach`, { fips_ids: [fip] })).toMatchObject({
    status: 403,
    body: { type: "permissions_denied", details: [{ action: "write", resource: "flexible-ip" }] },
  });
  expect((await api.call("GET", `${iam}/applications`)).status).toBe(403);
});

test("a grant holds in its projects only, and through a group", async () => {
  const other = await api.id("POST", "/account/v3/projects", { name: "other" });
  const { secret, application } = await agent([{ permission_set_names: ["VPCFullAccess"], project_ids: [other] }]);
  const owner = api.token;
  api.token = secret;
  expect((await api.call("POST", `${vpc}/vpcs`, { name: "v", project_id: other })).status).toBe(200);
  expect((await api.call("POST", `${vpc}/vpcs`, { name: "v", project_id: api.credentials.projectId })).status).toBe(
    403,
  );
  const visible = (await api.ok("GET", `${vpc}/vpcs`))["vpcs"] as { project_id: string }[];
  expect(new Set(visible.map((row) => row.project_id))).toEqual(new Set([other]));

  api.token = owner;
  const group = await api.id("POST", `${iam}/groups`, { name: "g" });
  await api.ok("PUT", `${iam}/groups/${group}/members`, { application_ids: [application] });
  const rules = [{ permission_set_names: ["VPCReadOnly"], organization_id: api.credentials.organizationId }];
  await api.ok("POST", `${iam}/policies`, { name: "all", rules, group_id: group });
  api.token = secret;
  const all = (await api.ok("GET", `${vpc}/vpcs`))["vpcs"] as { project_id: string }[];
  expect(all.some((row) => row.project_id === api.credentials.projectId)).toBe(true);
});

test("an expired key and the key of a deleted application are not let in", async () => {
  const rules = [{ permission_set_names: ["VPCReadOnly"], organization_id: api.credentials.organizationId }];
  const short = await agent(rules, { expires_at: "2026-01-01T01:00:00Z" });
  const long = await agent(rules);
  const owner = api.token;
  api.token = short.secret;
  expect((await api.call("GET", `${vpc}/vpcs`)).status).toBe(200);
  api.time += 3_600_000;
  expect((await api.call("GET", `${vpc}/vpcs`)).status).toBe(401);
  api.token = owner;
  await api.ok("DELETE", `${iam}/applications/${long.application}`);
  api.token = long.secret;
  expect((await api.call("GET", `${vpc}/vpcs`)).status).toBe(401);
});

test("a key's secret is shown once, and kept nowhere; the state is readable by its owner only", async () => {
  const application = await api.id("POST", `${iam}/applications`, { name: "a" });
  const made = await api.ok("POST", `${iam}/api-keys`, { application_id: application });
  const read = await api.ok("GET", `${iam}/api-keys/${String(made["access_key"])}`);
  expect([made["secret_key"], read["secret_key"]]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), null]);
  const state = readFileSync(api.stateFile, "utf8");
  expect(state).not.toContain(made["secret_key"]);
  expect(state).not.toContain(api.credentials.secretKey);
  expect(statSync(api.stateFile).mode & 0o077).toBe(0);
});

test("a password of an installation is not kept", async () => {
  const key = await api.id("POST", `${iam}/ssh-keys`, { name: "k", public_key: publicKey });
  const proxmox = "a5c00c1b-95b1-4c08-8a33-79cc079f9dac";
  const install = { os_id: proxmox, ssh_key_ids: [key], service_password: "canary-7391" };
  const { status } = await api.call("POST", `${baremetal}/servers`, { offer_id: offer, name: "x", install });
  expect(status).toBe(200);
  expect(readFileSync(api.stateFile, "utf8")).not.toContain("canary-7391");
});

test.each([
  "",
  "ssh-ed25519",
  "ssh-ed25519 AAAA",
  "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAICJEoOOgQBLJPs4g/XcPTKT82NywNPpxeuA20FlOPlpO",
])("%p is no public key", async (text) => {
  expect((await api.call("POST", `${iam}/ssh-keys`, { name: "k", public_key: text })).status).toBe(400);
});

test("a project that holds something, and the default one, stay", async () => {
  const project = await api.id("POST", "/account/v3/projects", { name: "p" });
  const made = await api.id("POST", `${vpc}/vpcs`, { name: "v", project_id: project });
  const remove = async (id: string) => (await api.call("DELETE", `/account/v3/projects/${id}`)).status;
  expect(await remove(project)).toBe(412);
  await api.ok("DELETE", `${vpc}/vpcs/${made}`);
  expect(await remove(project)).toBe(204);
  expect(await remove(api.credentials.projectId)).toBe(412);
  expect((await api.call("POST", `${vpc}/vpcs`, { name: "v", project_id: project })).status).toBe(403);
});
