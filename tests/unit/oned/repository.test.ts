// SPDX-License-Identifier: Apache-2.0

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { buildRepository, DISTRIBUTIONS } from "../../../lab/opennebula/repository";

const has = (command: string): boolean => {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

// Building packages needs Debian's own tools; elsewhere this part of the lab does not run either.
(has("dpkg-deb") && has("gpg") ? describe : describe.skip)("the repository", () => {
  const directory = mkdtempSync(join(tmpdir(), "one-repository-"));
  const options = { outDir: join(directory, "out"), cacheDir: join(directory, "cache") };
  const suite = (series: string): string => join(options.outDir, "repo", series, "Debian/12");
  let keyPath: string;

  beforeAll(async () => {
    keyPath = (await buildRepository(options)).keyPath;
  }, 120_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  const deb = (name: string, series = "7.0"): string => {
    const pool = join(suite(series), "pool/opennebula");
    return join(pool, readdirSync(pool).find((file) => file.startsWith(`${name}_`)) ?? "");
  };
  const control = (name: string, field: string): string =>
    execFileSync("dpkg-deb", ["--field", deb(name), field], { encoding: "utf8" }).trim();

  test.each(["7.0", "7.2", "7.4"])("%s: the signature is by the published key and covers the index", (series) => {
    const home = mkdtempSync(join(tmpdir(), "g-"));
    const gpg = (...args: string[]): Buffer =>
      execFileSync("gpg", ["--homedir", home, "--batch", "-q", ...args], { stdio: "pipe" });
    try {
      gpg("--import", keyPath);
      for (const distribution of DISTRIBUTIONS) {
        const root = join(options.outDir, "repo", series, distribution);
        const release = gpg("--decrypt", join(root, "dists/stable/InRelease")).toString();
        const index = readFileSync(join(root, "dists/stable/opennebula/binary-amd64/Packages"));
        expect(release).toContain(createHash("sha256").update(index).digest("hex"));
        for (const [, path = "", size] of index.toString().matchAll(/^Filename: (.*)\nSize: (\d+)/gm)) {
          expect(statSync(join(root, path)).size).toBe(Number(size));
        }
      }
    } finally {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true });
    }
  });

  test("every package says that it is a stand-in", () => {
    const names = readdirSync(join(suite("7.0"), "pool/opennebula")).map((file) => file.replace(/_.*/, ""));
    expect(names).toEqual(expect.arrayContaining(["opennebula", "opennebula-node-kvm", "opennebula-gate"]));
    for (const name of names) {
      expect(control(name, "Description")).toMatch(/^STAND-IN/);
      expect(control(name, "Version")).toMatch(/\+standin$/);
    }
  });

  test("edited configuration survives upgrades, and 7.4 has its own layout for OneGate", () => {
    const extract = (name: string, series: string, path: string): string =>
      execFileSync("sh", ["-c", `dpkg-deb --fsys-tarfile "$1" | tar -xO "$2"`, "sh", deb(name, series), path], {
        encoding: "utf8",
      });
    const conffiles = execFileSync("dpkg-deb", ["--info", deb("opennebula"), "conffiles"], { encoding: "utf8" });
    expect(conffiles.split("\n")).toContain("/etc/one/oned.conf");
    expect(extract("opennebula-gate", "7.2", "./etc/one/onegate-server.conf")).toMatch(/^:host: 127\.0\.0\.1$/m);
    expect(extract("opennebula-gate", "7.4", "./etc/one/onegate-server.conf")).toMatch(/^:server:\n {2}:bind: 127/m);
    expect(extract("opennebula", "7.0", "./etc/one/oned.conf")).not.toContain("GRPC_PORT");
    expect(extract("opennebula", "7.2", "./etc/one/oned.conf")).toMatch(/^GRPC_PORT = 2634$/m);
  });

  test("a second build changes nothing", async () => {
    const before = statSync(join(suite("7.0"), "dists/stable/InRelease")).mtimeMs;
    await buildRepository(options);
    expect(statSync(join(suite("7.0"), "dists/stable/InRelease")).mtimeMs).toBe(before);
    expect(statSync(join(options.cacheDir, "signing-key.asc")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(options.outDir, "signing-key.asc"))).toBe(false);
  });
});
