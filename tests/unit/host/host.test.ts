// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import fc from "fast-check";
import { plannedLayers, planCloud } from "../../../components/cloud-plan";
import {
  bundleHash,
  knownHostsLine,
  previewState,
  renderBundle,
  resolveState,
  signHostKey,
  type HostState,
} from "../../../components/host";
import { token, yamlText } from "../../../components/host/structured";
import { previewText, ref, referencesOf, resolveText, secretRef, text } from "../../../components/host/text";
import { parseCloud } from "../../../config";
import bundleSchema from "../../../onhost/converger/bundle.schema.json";
import { rawCloud } from "../../helpers/config-mutations";

describe("text with references", () => {
  it("resolves, previews and lists what it refers to", () => {
    const value = text`a=${ref("x")} b="${secretRef("y")}" c=${3}`;
    expect(resolveText(value, ({ ref: name }) => name.toUpperCase())).toBe('a=X b="Y" c=3');
    expect(previewText(value)).toBe('a=<x> b="<secret y>" c=3');
    expect(referencesOf({ deep: [value, value] }).map((one) => one.ref)).toEqual(["x", "y"]);
  });

  it("without references is a plain string", () => {
    expect(text`port ${22}`).toBe("port 22");
  });

  it("keeps references apart through YAML, as keys and as values", () => {
    const yaml = yamlText({ [token(ref("nic"))]: { id: token(ref("vlan")), list: [token(ref("a"))], plain: "x" } });
    expect(resolveText(yaml, ({ ref: name }) => ({ nic: "eth0", vlan: "12", a: "b" })[name]!)).toBe(
      "eth0:\n  id: 12\n  list:\n    - b\n  plain: x\n",
    );
  });
});

describe("the bundle", () => {
  const state: HostState = {
    files: { "/etc/x": { content: text`p=${secretRef("p")}`, secret: true } },
    packages: { b: "*", a: "*" },
  };
  const render = (value: HostState): string =>
    renderBundle({ host: "h", layer: "l", ...resolveState(value, () => "s3cr3t-value") });

  it("is the same text for the same state, whatever the order of its keys", () => {
    expect(render(state)).toBe(render({ packages: { a: "*", b: "*" }, files: state.files }));
    expect(bundleHash(render(state))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("names the secrets that must not be shown; a preview has none", () => {
    expect((JSON.parse(render(state)) as { secrets: string[] }).secrets).toEqual(["s3cr3t-value"]);
    expect(previewState(state)).toContain("p=<secret p>");
  });

  it("any two different contents are two different bundles", () => {
    const bundle = (content: string): string => render({ files: { "/x": { content } } });
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => (a === b) === (bundle(a) === bundle(b))));
  });

  it.each(plannedLayers(planCloud(parseCloud(rawCloud("lab"), "11111111-1111-4111-8111-111111111111"))))(
    "$layer of $host is what the converger takes",
    ({ host, layer, state: wanted }) => {
      const ajv = new Ajv({ allErrors: true, strict: false });
      const bundle: unknown = JSON.parse(renderBundle({ host, layer, ...resolveState(wanted, () => "x") }));
      ajv.validate(bundleSchema, bundle);
      expect(ajv.errors).toBeNull();
    },
  );
});

describe("the SSH CA", () => {
  let folder: string;
  const make = (name: string, type: string[]): { privateKey: string; publicKey: string } => {
    execFileSync("ssh-keygen", ["-q", ...type, "-N", "", "-C", "", "-f", join(folder, name)]);
    return {
      privateKey: readFileSync(join(folder, name), "utf8"),
      publicKey: readFileSync(join(folder, `${name}.pub`), "utf8").trim(),
    };
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ssh-ca-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("signs what ssh-keygen reads, for names and addresses, and the same every time", () => {
    const ca = make("ca", ["-t", "ed25519"]);
    const host = make("host", ["-t", "ed25519"]);
    const sign = (): string =>
      signHostKey({
        caPrivateKey: ca.privateKey,
        hostPublicKey: host.publicKey,
        principals: ["fe", "10.0.0.1", "fe.cloud.internal"],
      });
    expect(sign()).toBe(sign());
    writeFileSync(join(folder, "host-cert.pub"), `${sign()}\n`);
    const read = execFileSync("ssh-keygen", ["-L", "-f", join(folder, "host-cert.pub")], { encoding: "utf8" });
    expect(read).toContain("ssh-ed25519-cert-v01@openssh.com host certificate");
    expect(read).toMatch(/Principals:\s+10\.0\.0\.1\s+fe\s+fe\.cloud\.internal/);
    const fingerprint = execFileSync("ssh-keygen", ["-l", "-f", join(folder, "ca.pub")], { encoding: "utf8" }).split(
      " ",
    )[1]!;
    expect(read).toContain(`Signing CA: ED25519 ${fingerprint}`);
  });

  it("two hosts never share a serial", () => {
    const ca = make("ca2", ["-t", "ed25519"]);
    const certificates = ["a", "b"].map((name) =>
      signHostKey({
        caPrivateKey: ca.privateKey,
        hostPublicKey: make(name, ["-t", "ed25519"]).publicKey,
        principals: ["x"],
      }),
    );
    expect(new Set(certificates).size).toBe(2);
  });

  it("is one line of known_hosts", () => {
    expect(knownHostsLine("ssh-ed25519 AAAA comment\n")).toBe("@cert-authority * ssh-ed25519 AAAA");
  });
});
