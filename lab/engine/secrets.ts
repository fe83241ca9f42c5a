// SPDX-License-Identifier: Apache-2.0
/** The passphrase secrets provider: the format of `encryptionsalt`, `secure:` and of `ciphertext` in checkpoints. */
import { createCipheriv, createDecipheriv, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);
/** Rounds of PBKDF2-HMAC-SHA256; fixed by the format. */
const ROUNDS = 1_000_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** What the last part of a salt decrypts to when the passphrase is right. */
const CHECK_TEXT = "pulumi";

/** Encrypts and decrypts with one key; ciphertexts read `v1:<nonce>:<ciphertext and tag>`, both base64. */
export class Crypter {
  constructor(private readonly key: Buffer) {}

  encrypt(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${body.toString("base64")}`;
  }

  /** @throws Error when the text is not of this format or was made with another key. */
  decrypt(ciphertext: string): string {
    const [version, nonce, body] = ciphertext.split(":");
    if (version !== "v1" || !nonce || !body) throw new Error("a ciphertext must read v1:<nonce>:<ciphertext>");
    const bytes = Buffer.from(body, "base64");
    const decipher = createDecipheriv("aes-256-gcm", this.key, Buffer.from(nonce, "base64"), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8");
    } catch {
      throw new Error("a ciphertext cannot be opened: it was made with another passphrase or it is damaged");
    }
  }
}

async function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  return derive(passphrase, salt, ROUNDS, KEY_BYTES, "sha256");
}

/**
 * The crypter for an existing salt, `v1:<salt>:<ciphertext of "pulumi">`.
 * @throws Error when the passphrase does not belong to the salt.
 */
export async function openSalt(passphrase: string, salt: string): Promise<Crypter> {
  const [version, bytes, ...check] = salt.split(":");
  if (version !== "v1" || !bytes || check.length !== 3) {
    throw new Error("encryptionsalt must read v1:<salt>:v1:<nonce>:<ciphertext>; restore it from the stack's file");
  }
  const crypter = new Crypter(await keyOf(passphrase, Buffer.from(bytes, "base64")));
  let text: string | undefined;
  try {
    text = crypter.decrypt(check.join(":"));
  } catch {
    text = undefined;
  }
  if (text !== CHECK_TEXT) throw new Error("incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE to the stack's own");
  return crypter;
}

/** A new salt for a stack that has none, with its crypter. */
export async function newSalt(passphrase: string): Promise<{ salt: string; crypter: Crypter }> {
  const bytes = randomBytes(8);
  const crypter = new Crypter(await keyOf(passphrase, bytes));
  return { salt: `v1:${bytes.toString("base64")}:${crypter.encrypt(CHECK_TEXT)}`, crypter };
}
