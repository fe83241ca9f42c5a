// SPDX-License-Identifier: Apache-2.0

/** What needs no oned: configuration, checks, schema, the executable. */
import { spawn } from "node:child_process";
import { readFileSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONFIGURATION } from "../../../provider/definition";
import { Secret, UNKNOWN, type PropertyMap } from "../../../provider/grpc/provider";
import { openNebulaProvider } from "../../../provider/opennebula";
import { renderSchema } from "../../../provider/schema";
import { PROVIDER_VERSION, token } from "../../../provider/types";
import { connectProvider, type ProviderClient } from "../../helpers/provider-client";
import { sshKeyPair } from "../../helpers/ssh-keys";

const ROOT = join(__dirname, "../../..");
const { private: privateKey, public: hostKey } = sshKeyPair();
const provider = openNebulaProvider();

const configFailures = async (news: PropertyMap): Promise<Record<string, string>> => {
  const { failures } = await provider.checkConfig!(news, {});
  return Object.fromEntries(failures.map(({ property, reason }) => [property, reason]));
};

describe("configuration", () => {
  const ssh = { host: "fe", user: "ops", privateKey: new Secret(privateKey), hostKey };

  it("fills in defaults and takes the hop as an object or as JSON text", async () => {
    const defaults = {
      endpoint: "http://127.0.0.1:2633/RPC2",
      flowEndpoint: "http://127.0.0.1:2474",
      username: "oneadmin",
    };
    const { inputs, failures } = await provider.checkConfig!({ password: new Secret("p"), ssh, version: "0.1.0" }, {});
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ ...defaults, password: new Secret("p"), ssh: { ...ssh, port: 22 } });
    const text = new Secret(JSON.stringify({ host: "fe", user: "ops", privateKey, hostKey, port: 2222 }));
    expect((await provider.checkConfig!({ password: "p", ssh: text }, {})).inputs["ssh"]).toEqual(
      new Secret({ host: "fe", user: "ops", privateKey, hostKey, port: 2222 }),
    );
  });

  it("tells all mistakes at once, and no value", async () => {
    const canary = "canary-93a1";
    const mistakes = await configFailures({
      endpoint: 7,
      username: ["x"],
      passwrod: canary,
      ssh: { host: "fe", port: "22", privateKey: new Secret(canary) },
    });
    expect(Object.keys(mistakes).sort()).toEqual([
      "endpoint",
      "password",
      "passwrod",
      "ssh.hostKey",
      "ssh.port",
      "ssh.user",
      "username",
    ]);
    expect(mistakes["endpoint"]).toBe("is a number, but a string is needed");
    expect(JSON.stringify(mistakes)).not.toContain(canary);
  });

  it("refuses what could never connect", async () => {
    expect(await configFailures({ password: "p", endpoint: "fe:2633" })).toHaveProperty("endpoint");
    expect(await configFailures({ password: "a b" })).toHaveProperty("password");
    expect(await configFailures({ password: "p", ssh: "{" })).toEqual({ ssh: "is not JSON text of an object" });
    expect(await configFailures({ password: "p", ssh: { ...ssh, hostKey: "x" } })).toHaveProperty(["ssh.hostKey"]);
    expect(await configFailures({ password: "p", ssh: { ...ssh, privateKey: "x" } })).toHaveProperty([
      "ssh.privateKey",
    ]);
  });

  it("passes what a preview does not know yet", async () => {
    expect(await configFailures({ endpoint: UNKNOWN, password: new Secret(UNKNOWN), ssh: UNKNOWN })).toEqual({});
    expect(await configFailures({ password: new Secret(UNKNOWN), ssh: { ...ssh, hostKey: UNKNOWN } })).toEqual({});
  });

  it("never replaces objects because of a changed login", async () => {
    const diff = await provider.diffConfig!(
      { endpoint: "a", password: new Secret("p") },
      { endpoint: "b", password: "p" },
    );
    expect(diff).toEqual({ changes: "some", diffs: ["endpoint"], replaces: [] });
    expect(await provider.diffConfig!({ password: "p" }, { password: new Secret("p") })).toMatchObject({
      changes: "none",
    });
  });
});

describe("check of a host", () => {
  let client: ProviderClient;
  beforeAll(async () => void (client = await connectProvider(provider)));
  afterAll(async () => client.close());

  const failures = async (news: PropertyMap): Promise<Record<string, string>> => {
    const checked = await client.check({ type: token("Host") }, news);
    return Object.fromEntries(checked.failures.map(({ property, reason }) => [property, reason]));
  };

  it("fills in the drivers and keeps secrets", async () => {
    const attributes: PropertyMap = { TOKEN: new Secret("t"), LATER: UNKNOWN };
    expect(await client.check({ type: token("Host") }, { name: "host01", attributes })).toEqual({
      inputs: { name: "host01", imMad: "kvm", vmMad: "kvm", attributes },
      failures: [],
    });
  });

  it("tells all mistakes at once", async () => {
    expect(
      Object.keys(await failures({ imMad: true, vmMad: "k v m", attributes: { A: 5 }, cluter: "x" })).sort(),
    ).toEqual(["attributes.A", "cluter", "imMad", "name", "vmMad"]);
    const canary = "canary-5d5d";
    const mistakes = await failures({
      name: "no name",
      imMad: "k v m",
      vmMad: "",
      cluster: " prod",
      attributes: { rack: "1", RACK: "2", IM_MAD: "x", pulumi_urn: "x", "A-B": "x", NOTE: new Secret(`${canary}]]>`) },
    });
    expect(Object.keys(mistakes).sort()).toEqual([
      "attributes.A-B",
      "attributes.IM_MAD",
      "attributes.NOTE",
      "attributes.pulumi_urn",
      "attributes.rack",
      "cluster",
      "imMad",
      "name",
      "vmMad",
    ]);
    expect(mistakes["attributes.IM_MAD"]).toBe("is set by imMad; leave it out");
    expect(JSON.stringify(mistakes)).not.toContain(canary);
  });

  it.each(["host01", "host01.example.org", "10.16.0.4", "fd00::4", "h_1"])("takes the name %s", async (name) => {
    expect(await failures({ name })).toEqual({});
  });

  it("refuses a type that it does not have", async () => {
    await expect(client.check({ type: "opennebula:index:Nothing" }, {})).rejects.toThrow(
      "no resource type opennebula:index:Nothing",
    );
  });
});

describe("schema", () => {
  it("is the one that is checked in", () => {
    const file = JSON.parse(readFileSync(join(ROOT, "provider/schema.json"), "utf8")) as unknown;
    expect(renderSchema()).toEqual(file);
  });

  it("has the package's version, every token and every property, and says what is secret", () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(PROVIDER_VERSION).toBe(version);
    expect(renderSchema()).toMatchObject({
      config: { variables: { password: { secret: true }, ssh: { $ref: "#/types/opennebula:index:Ssh" } } },
      types: { "opennebula:index:Ssh": { properties: { privateKey: { secret: true } } } },
      provider: { requiredInputs: ["password"] },
    });
    const { provider: own } = renderSchema() as { provider: { inputProperties: object } };
    expect(Object.keys(own.inputProperties)).toEqual(Object.keys(CONFIGURATION));
  });
});

it("starts from any directory, through a link as well, and prints its port", async () => {
  const directory = mkdtempSync(join(tmpdir(), "opennebula-plugin-"));
  try {
    const link = join(directory, "pulumi-resource-opennebula");
    symlinkSync(join(ROOT, "provider/pulumi-resource-opennebula"), link);
    const child = spawn(link, ["127.0.0.1:1"], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (data: Buffer) => resolve(data.toString()));
      child.once("exit", (code) => reject(new Error(`ended with ${code}`)));
    });
    child.removeAllListeners("exit");
    expect(port).toMatch(/^\d+\n$/);
    child.kill();
    await new Promise((resolve) => child.once("close", resolve));
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 60_000);
