// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";

/** One package source of Debian, as this machine's apt has it. */
export interface DebianSource {
  uri: string;
  suites: string[];
  components: string[];
}

/** Debian release of the lab hosts. */
export const release = "bookworm";

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const codenames = ["bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"];

interface RawSource {
  types: string[];
  uris: string[];
  suites: string[];
  components: string[];
  signedBy: string;
  enabled: boolean;
}

/**
 * Debian's own sources among what this machine's apt uses, for the release of the lab hosts. Third-party sources are left out:
 * a freshly installed server has none.
 *
 * @param directory - apt's configuration. @default /etc/apt
 * @throws Error if there is none: then lab hosts could not be built.
 */
export function debianSources(directory = "/etc/apt"): DebianSource[] {
  const found = new Map<string, DebianSource>();
  for (const raw of readSources(directory)) {
    if (!raw.enabled || !raw.types.includes("deb") || !raw.components.includes("main")) continue;
    if (raw.signedBy !== "" && !raw.signedBy.includes("debian-archive")) continue;
    const suites = raw.suites.map(ownSuite).filter((suite) => suite !== undefined);
    for (const uri of raw.uris) {
      if (suites.length === 0 || !/\/debian(-security)?\/?$/.test(uri)) continue;
      const source = found.get(uri) ?? { uri, suites: [], components: ["main"] };
      source.suites = [...new Set([...source.suites, ...suites])];
      found.set(uri, source);
    }
  }
  if (found.size === 0) {
    throw new Error(
      `${directory}: no package source of Debian found (deb, component main, path ending in /debian). ` +
        "Lab hosts run Debian 12 and take their packages from this machine's mirror: add Debian's sources here first.",
    );
  }
  return [...found.values()];
}

/** `bookworm-updates` for `trixie-updates`, `bookworm` for `stable`, undefined for backports and what is not Debian's. */
function ownSuite(suite: string): string | undefined {
  const [, codename, pocket] = /^([a-z]+)(-updates|-security)?$/.exec(suite) ?? [];
  if (codename === undefined || !codenames.includes(codename)) return undefined;
  return release + (pocket ?? "");
}

function readSources(directory: string): RawSource[] {
  const parts = path.join(directory, "sources.list.d");
  const files = existsSync(parts) ? readdirSync(parts).sort() : [];
  const sources: RawSource[] = [];
  if (existsSync(path.join(directory, "sources.list"))) {
    sources.push(...parseOneLine(readFileSync(path.join(directory, "sources.list"), "utf8")));
  }
  for (const file of files) {
    const text = (): string => readFileSync(path.join(parts, file), "utf8");
    if (file.endsWith(".list")) sources.push(...parseOneLine(text()));
    else if (file.endsWith(".sources")) sources.push(...parseDeb822(text()));
  }
  return sources;
}

function parseOneLine(text: string): RawSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(line.replace(/#.*/, ""));
    if (match === null) return [];
    const [, type = "", options = "", uri = "", suite = "", components = ""] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1] ?? "";
    return [{ types: [type], uris: [uri], suites: [suite], components: words(components), signedBy, enabled: true }];
  });
}

function parseDeb822(text: string): RawSource[] {
  return text
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n\s*\n/)
    .map((stanza) => {
      const fields = new Map<string, string>();
      let last = "";
      for (const line of stanza.split("\n")) {
        const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
        if (field !== null) fields.set((last = (field[1] ?? "").toLowerCase()), field[2] ?? "");
        else if (/^\s/.test(line)) fields.set(last, `${fields.get(last) ?? ""} ${line.trim()}`);
      }
      const list = (name: string): string[] => words(fields.get(name) ?? "");
      return {
        types: list("types"),
        uris: list("uris"),
        suites: list("suites"),
        components: list("components"),
        signedBy: fields.get("signed-by") ?? "",
        enabled: (fields.get("enabled") ?? "yes") !== "no",
      };
    });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/**
 * The text of a `debian.sources` file.
 *
 * @param forHost - sources behind TLS are asked of the package cache in its own notation, because a cache cannot look into TLS.
 */
export function renderSources(sources: DebianSource[], forHost: boolean): string {
  return sources
    .map((source) => {
      const uri = forHost ? source.uri.replace(/^https:\/\//, "http://HTTPS///") : source.uri;
      const lines = [`Types: deb`, `URIs: ${uri}`, `Suites: ${source.suites.join(" ")}`];
      return [...lines, `Components: ${source.components.join(" ")}`, `Signed-By: ${debianKeyring}`, ""].join("\n");
    })
    .join("\n");
}

/** Settings that this machine's apt needs to reach its sources, and that the hosts' apt needs too (not proxies). */
export function aptAcquireSettings(dump: string): string[] {
  const wanted = /^Acquire::(Check-Valid-Until|Check-Date|Retries|Max-FutureTime|Min-ValidTime)\b/;
  return dump.split("\n").filter((line) => wanted.test(line));
}

/** The HTTP proxy that this machine's apt uses, from `apt-config dump`; undefined if none. */
export function aptProxy(dump: string): string | undefined {
  const value = /^Acquire::http::Proxy\s+"([^"]*)";/im.exec(dump)?.[1];
  return value === undefined || value === "" || value === "DIRECT" ? undefined : value;
}
