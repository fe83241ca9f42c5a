// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sshpk from "sshpk";
import { derivedEd25519, derivedP256 } from "../../../components/host/derived-keys";
import { judge } from "../../helpers/tools";

const authority = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
const one = authority();

describe.each([
  ["Ed25519", derivedEd25519],
  ["P-256", (key: string, purpose: string) => derivedP256(key, purpose).privateKey],
])("a derived key on %s", (_curve, derived) => {
  it("is the same for the same authority and purpose, in whatever form the authority's key is given", () => {
    const openssh = sshpk.parsePrivateKey(one, "pem").toString("ssh-private");
    expect(derived(one, "logs of fe")).toBe(derived(one, "logs of fe"));
    expect(derived(openssh, "logs of fe")).toBe(derived(one, "logs of fe"));
    expect(derived(one, "logs of host01")).not.toBe(derived(one, "logs of fe"));
    expect(derived(authority(), "logs of fe")).not.toBe(derived(one, "logs of fe"));
  });

  it("signs", () => {
    const key = createPrivateKey(derived(one, "logs of fe"));
    const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
    const message = Buffer.from("message");
    expect(verify(algorithm, message, createPublicKey(key), sign(algorithm, message, key))).toBe(true);
  });
});

test("OpenSSH reads the pair of P-256, and both halves belong together", () => {
  const folder = mkdtempSync(join(tmpdir(), "derived-key-"));
  try {
    for (let index = 0; index < 5; index += 1) {
      const { privateKey, publicKey } = derivedP256(one, `host${index}`);
      const file = join(folder, `key${index}`);
      writeFileSync(file, privateKey, { mode: 0o600 });
      const { status, output } = judge("ssh-keygen", ["-y", "-f", file]);
      expect({ status, output: output.trim() }).toEqual({ status: 0, output: publicKey });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
