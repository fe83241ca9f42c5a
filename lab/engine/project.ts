// SPDX-License-Identifier: Apache-2.0
/** Pulumi.yaml and the stack's configuration file. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { isMap, parseDocument } from "yaml";
import type { Crypter } from "./secrets";
import { writeFileAtomic } from "./files";

export interface PluginEntry {
  name: string;
  path: string;
  version?: string;
}

export interface Project {
  name: string;
  /** Folder of Pulumi.yaml. */
  root: string;
  /** Folder in which the program runs. */
  programDir: string;
  /** What cmd/run is asked to run, relative to programDir. */
  entry: string;
  typescript: boolean;
  tsconfig?: string;
  nodeArgs: string[];
  plugins: PluginEntry[];
  /** Configuration that the project gives to every stack: by full key. */
  config: Record<string, unknown>;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readYaml(file: string): Record<string, unknown> {
  const document = parseDocument(readFileSync(file, "utf8"));
  const [error] = document.errors;
  if (error) throw new Error(`${file}: not valid YAML: ${error.message}`);
  return asRecord(document.toJS());
}

function fullKey(project: string, key: string): string {
  const parts = key.split(":");
  if (parts.length === 1) return `${project}:${key}`;
  // `ns:config:name` is the long form of `ns:name`.
  return parts.length === 3 && parts[1] === "config" ? `${parts[0] ?? ""}:${parts[2] ?? ""}` : key;
}

function projectConfig(name: string, section: unknown): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(asRecord(section))) {
    const fields = asRecord(entry);
    const value = "value" in fields ? fields.value : "default" in fields ? fields.default : undefined;
    const plain = typeof entry === "object" ? value : entry;
    if (plain !== undefined && plain !== null) values[fullKey(name, key)] = plain;
  }
  return values;
}

/**
 * Reads the project in `dir`.
 * @throws Error when Pulumi.yaml is missing, has no name or names another runtime than nodejs.
 */
export function loadProject(dir: string): Project {
  const root = resolve(dir);
  const file = join(root, "Pulumi.yaml");
  if (!existsSync(file)) throw new Error(`${file}: no such file; run in a project's folder or name it with --cwd`);
  const raw = readYaml(file);
  const name = text(raw.name);
  if (!name) throw new Error(`${file}: name must be a non-empty string`);
  const runtime = typeof raw.runtime === "string" ? { name: raw.runtime, options: {} } : asRecord(raw.runtime);
  if (runtime.name !== "nodejs")
    throw new Error(`${file}: runtime must be nodejs; other languages need the Pulumi CLI`);
  const options = asRecord(runtime.options);
  const main = text(raw.main);
  const mainPath = main ? resolve(root, main) : root;
  const isFile = /\.[cm]?[jt]s$/.test(main);
  const plugins = asRecord(raw.plugins).providers;
  return {
    name,
    root,
    programDir: isFile ? root : mainPath,
    entry: isFile ? main : ".",
    typescript: options.typescript !== false,
    tsconfig: text(options.tsconfig) || undefined,
    nodeArgs: text(options.nodeargs).split(/\s+/).filter(Boolean),
    plugins: (Array.isArray(plugins) ? plugins : []).map((entry) => {
      const fields = asRecord(entry);
      const path = text(fields.path);
      return {
        name: text(fields.name),
        path: isAbsolute(path) ? path : join(root, path),
        version: text(fields.version),
      };
    }),
    config: projectConfig(name, raw.config),
  };
}

/** A stack's configuration: values as text, secrets opened. */
export interface StackConfig {
  values: Record<string, string>;
  /** Keys whose value is, or holds, a secret. */
  secretKeys: Set<string>;
  /** Every secret text, to be kept out of messages. */
  secretTexts: Set<string>;
}

/** The stack's configuration file. */
export class StackFile {
  private constructor(
    readonly path: string,
    private readonly raw: Record<string, unknown>,
  ) {}

  /** Reads `configFile`, or Pulumi.<stack>.yaml beside Pulumi.yaml; a missing default file is an empty one. */
  static load(project: Project, stack: string, configFile?: string): StackFile {
    const path = configFile ? resolve(configFile) : join(project.root, `Pulumi.${stack}.yaml`);
    if (!existsSync(path)) {
      if (configFile) throw new Error(`${path}: no such file; --config-file must name the stack's configuration`);
      return new StackFile(path, {});
    }
    return new StackFile(path, readYaml(path));
  }

  get salt(): string | undefined {
    return text(this.raw.encryptionsalt) || undefined;
  }

  /** Puts a salt into the file, comments and order kept. */
  saveSalt(salt: string): void {
    const content = existsSync(this.path) ? readFileSync(this.path, "utf8") : "";
    const document = parseDocument(content);
    if (isMap(document.contents)) document.set("encryptionsalt", salt);
    const text = isMap(document.contents) ? document.toString({ lineWidth: 0 }) : `${content}encryptionsalt: ${salt}\n`;
    writeFileAtomic(this.path, text);
  }

  /** True when a value needs the passphrase. */
  get hasSecrets(): boolean {
    return JSON.stringify(this.raw.config ?? {}).includes('"secure":');
  }

  /** Opens the configuration: the project's own values, overlaid by the stack's. */
  open(project: Project, crypter: Crypter | undefined): StackConfig {
    const config: StackConfig = { values: {}, secretKeys: new Set(), secretTexts: new Set() };
    const entries = { ...project.config };
    for (const [key, value] of Object.entries(asRecord(this.raw.config))) entries[fullKey(project.name, key)] = value;
    for (const [key, value] of Object.entries(entries)) {
      const opened = openValue(value, (ciphertext) => {
        if (!crypter) throw new Error(`${this.path}: config.${key} is encrypted but the file has no encryptionsalt`);
        const secret = crypter.decrypt(ciphertext);
        config.secretTexts.add(secret);
        return secret;
      });
      if (opened.value === undefined || opened.value === null) continue;
      config.values[key] = typeof opened.value === "string" ? opened.value : JSON.stringify(opened.value);
      if (opened.secret) config.secretKeys.add(key);
    }
    return config;
  }
}

function openValue(value: unknown, decrypt: (text: string) => string): { value: unknown; secret: boolean } {
  if (Array.isArray(value)) {
    const items = value.map((item) => openValue(item, decrypt));
    return { value: items.map((item) => item.value), secret: items.some((item) => item.secret) };
  }
  const fields = asRecord(value);
  const keys = Object.keys(fields);
  if (keys.length === 1 && typeof fields.secure === "string") return { value: decrypt(fields.secure), secret: true };
  if (typeof value !== "object" || value === null) return { value, secret: false };
  const items = keys.map((key) => [key, openValue(fields[key], decrypt)] as const);
  return {
    value: Object.fromEntries(items.map(([key, item]) => [key, item.value])),
    secret: items.some(([, item]) => item.secret),
  };
}
