// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { StateCodec } from "../../../lab/engine/checkpoint";
import { newSalt, openSalt } from "../../../lab/engine/secrets";
import type { Deployment } from "../../../lab/engine/types";
import { SECRET, SIGNATURE } from "../../../lab/engine/values";

// A key takes a million rounds: half a second on an idle machine.
jest.setTimeout(60_000);

const vectors = join(__dirname, "../../recordings/engine/vectors");

interface Expected {
  passphrase: string;
  salt: string;
  checkpoint: { path: string; ciphertext: string; plaintext: string }[];
  config: { ciphertext: string; plaintext: string }[];
}

const expected = JSON.parse(readFileSync(join(vectors, "expected.json"), "utf8")) as Expected;

test("opens what the real engine has encrypted", async () => {
  const crypter = await openSalt(expected.passphrase, expected.salt);
  for (const { ciphertext, plaintext } of [...expected.checkpoint, ...expected.config]) {
    expect(crypter.decrypt(ciphertext)).toBe(plaintext);
  }
});

test("opens a whole state file and keeps the ciphertexts of what did not change", async () => {
  const file = JSON.parse(readFileSync(join(vectors, "test.json"), "utf8")) as { checkpoint: { latest: Deployment } };
  const codec = new StateCodec(await openSalt(expected.passphrase, expected.salt));
  const opened = codec.openDeployment(file.checkpoint.latest);
  expect(opened.resources?.[0]?.outputs?.direct).toEqual({ [SIGNATURE]: SECRET, value: "hush" });
  expect(codec.sealDeployment(opened).resources).toEqual(file.checkpoint.latest.resources);
});

test("a wrong passphrase is said to be one, and a secret does not appear in the message", async () => {
  await expect(openSalt("wrong", expected.salt)).rejects.toThrow(/incorrect passphrase/);
});

test("a damaged salt is refused with its form", async () => {
  await expect(openSalt("test", "v1:abc")).rejects.toThrow(/encryptionsalt must read/);
});

test("what a new salt encrypts, the same passphrase opens", async () => {
  const { salt, crypter } = await newSalt("päss");
  const again = await openSalt("päss", salt);
  expect(again.decrypt(crypter.encrypt("ü secret"))).toBe("ü secret");
});
