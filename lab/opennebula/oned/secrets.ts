// SPDX-License-Identifier: Apache-2.0

import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { Template } from "./template";

const MARK = "enc:";
const IV_BYTES = 16;

const keyOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** Encrypts an attribute as oned does in kind: unreadable, and different every time. */
export function encrypt(key: string, plain: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-cbc", keyOf(key), iv);
  return `${MARK}${Buffer.concat([iv, cipher.update(plain, "utf8"), cipher.final()]).toString("base64")}`;
}

/** A template as drivers get it: what is encrypted in the database can be read. */
export function decrypted(key: string, template: Template): Template {
  return template.map((attribute) => {
    const { value } = attribute;
    if (typeof value !== "string" || !value.startsWith(MARK)) return attribute;
    const bytes = Buffer.from(value.slice(MARK.length), "base64");
    const decipher = createDecipheriv("aes-256-cbc", keyOf(key), bytes.subarray(0, IV_BYTES));
    const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES)), decipher.final()]).toString("utf8");
    return { ...attribute, value: plain };
  });
}
