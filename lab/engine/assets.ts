// SPDX-License-Identifier: Apache-2.0
/** Assets and archives as inputs: the engine adds the hash of their content and drops what only the SDK needs. */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { ARCHIVE, ASSET, isObject, rewriteEnvelopes, signatureOf } from "./values";
import type { PlainObject, Props, Value } from "./values";

const BLOCK = 512;

function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

function resolveIn(dir: string, path: string): string {
  return isAbsolute(path) ? path : join(dir, path);
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, "0")}\0`;
}

/** A file's header in the `ustar` form that Go's archive/tar writes for it: mode 600, no owner, no time. */
function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const put = (text: string, at: number): void => void header.write(text, at, "utf8");
  put(name, 0);
  put(octal(0o600, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(size, 12), 124);
  put(octal(0, 12), 136);
  put("        ", 148);
  put("0", 156);
  put("ustar\x0000", 257);
  put(octal(0, 8), 329);
  put(octal(0, 8), 337);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function tarOf(files: [name: string, content: Buffer][]): Buffer {
  const parts = files.flatMap(([name, content]) => {
    if (Buffer.byteLength(name) > 100)
      throw new Error(`${name}: names of more than 100 bytes in an archive are not supported`);
    return [tarHeader(name, content.length), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** Files of a folder in the order of a walk that sorts each folder's names. */
function walk(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name !== ".pulumi");
  return names.sort().flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function assetContent(asset: PlainObject, dir: string): Buffer {
  if (typeof asset.text === "string") return Buffer.from(asset.text);
  if (typeof asset.path === "string") return readFileSync(resolveIn(dir, asset.path));
  throw new Error("an asset must have text or path; remote assets are not supported by this engine");
}

function archiveFiles(archive: PlainObject, dir: string): [string, Buffer][] {
  if (typeof archive.path === "string") {
    const folder = resolveIn(dir, archive.path);
    return walk(folder).map((file) => [relative(folder, file), readFileSync(file)]);
  }
  if (!isObject(archive.assets))
    throw new Error("an archive must have assets or path; remote archives are not supported");
  const { assets } = archive;
  return Object.keys(assets)
    .sort()
    .flatMap((name): [string, Buffer][] => {
      const entry = assets[name];
      if (!isObject(entry)) return [];
      if (signatureOf(entry) === ASSET) return [[name, assetContent(entry, dir)]];
      return archiveFiles(entry, dir).map(([inner, content]) => [`${name}/${inner}`, content]);
    });
}

function archiveHash(archive: PlainObject, dir: string): string {
  if (typeof archive.path === "string") {
    const path = resolveIn(dir, archive.path);
    if (!statSync(path).isDirectory()) return sha256(readFileSync(path));
  }
  return sha256(tarOf(archiveFiles(archive, dir)));
}

/**
 * Gives every asset and archive in the values its hash.
 * @param dir - where relative paths start
 * @throws Error when a file cannot be read
 */
export function hashAssets(props: Props, dir: string): Props {
  return rewriteEnvelopes(props, (node): Value | undefined => {
    const signature = signatureOf(node);
    if (signature !== ASSET && signature !== ARCHIVE) return undefined;
    const { __pulumiAsset, __pulumiArchive, ...kept } = node as PlainObject;
    if (__pulumiAsset === undefined && __pulumiArchive === undefined && typeof kept.hash === "string") return undefined;
    const hash = signature === ASSET ? sha256(assetContent(kept, dir)) : archiveHash(kept, dir);
    return { ...kept, hash };
  }) as Props;
}
