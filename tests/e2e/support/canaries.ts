// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { derivedP256 } from "../../../components/host/derived-keys";
import { run, tryRun } from "../../../lab/hosts/run";
import { LabStack } from "../../../lab/stack";
import { reveal } from "../../../operations";
import type { CloudUnderTest } from "../../helpers/e2e";

/** Where each kind of resource keeps its secrets. */
const secretOutputs: Record<string, string[]> = {
  "random:index/randomPassword:RandomPassword": ["result"],
  "tls:index/privateKey:PrivateKey": ["privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8"],
  "scaleway:iam/apiKey:ApiKey": ["secretKey"],
};

/** The first line of every OpenSSH key file says the same. */
const openSshHeader = /^b3BlbnNzaC1rZXktdjE/;

/** The secrets of a cloud, to be looked for where none may be. They are only ever passed on by standard input. */
export class Canaries {
  private readonly labels = new Map<string, string>();
  /** Public keys: a private key's file holds its public half, in lines that may be those of the public key's file. */
  private published = "";

  constructor(private readonly cloud: CloudUnderTest) {}

  /** Takes in the secrets that there are now; those of before stay. */
  async collect(): Promise<void> {
    const { lab } = this.cloud;
    const { directory } = lab.layout;
    for (const { urn, type, outputs } of await new LabStack(lab.layout, lab.project).export()) {
      const plain = reveal(outputs ?? {}) as Record<string, unknown>;
      if (typeof plain.publicKeyOpenssh === "string") this.published += plain.publicKeyOpenssh;
      if (urn.endsWith("-ssh-ca")) this.addFirstHostKeys(plain.privateKeyOpenssh as string);
      for (const key of secretOutputs[type] ?? []) {
        const secret = plain[key];
        if (typeof secret === "string") this.add(`${urn.split("::").at(-1)}.${key}`, secret);
      }
    }
    const account = JSON.parse(readFileSync(join(directory, "credentials.json"), "utf8")) as { secretKey: string };
    this.add("secret key of the account", account.secretKey);
    this.add("passphrase of the state", readFileSync(join(directory, "passphrase"), "utf8"));
    for (const host of Object.keys(lab.stackHosts)) {
      this.published += await lab.exec(host, [
        "sh",
        "-c",
        "cat /etc/ssh/ssh_host_*_key.pub /var/lib/one/.flexible-ip/key.pub",
      ]);
      const keys = await lab.exec(host, [
        "sh",
        "-c",
        "cat /etc/ssh/ssh_host_*_key /var/lib/one/.ssh/id_* /var/lib/one/.flexible-ip/key 2>/dev/null || true",
      ]);
      this.add(`private keys of ${host}`, keys);
      const script = `JSON.parse(fs.readFileSync("/etc/opennebula-backup/settings.json")).seal.key`;
      this.add(`seal of backups of ${host}`, (await lab.exec(host, ["node", "-p", script])).trim());
    }
    const accounts = await lab.exec("fe", ["sh", "-c", "cat /var/lib/one/.one/*_auth"]);
    for (const line of accounts.split("\n")) this.add("an account of OpenNebula", line.split(":")[1] ?? "");
  }

  /** These are in no state: the authority's key decides them. */
  private addFirstHostKeys(authorityKey: string): void {
    for (const host of Object.keys(this.cloud.lab.stackHosts)) {
      const purpose = `first host key of ${host}`;
      this.add(purpose, derivedP256(authorityKey, purpose).privateKey);
    }
  }

  /** A password is looked for as a whole, a key by the lines that hold it. */
  private add(label: string, secret: string): void {
    const lines = secret.trim().split("\n");
    const isKey = lines.length > 1;
    for (const line of lines.map((text) => text.trim())) {
      const isSecret = isKey
        ? line.length >= 60 && !openSshHeader.test(line) && !line.includes(" ")
        : line.length >= 12;
      if (isSecret && !this.published.includes(line) && !this.labels.has(line)) {
        this.labels.set(line, label);
      }
    }
  }

  /** What secrets are known, by name. */
  get names(): string[] {
    return [...new Set(this.labels.values())].sort();
  }

  /** Names of the secrets that a text holds. */
  in(text: string): string[] {
    return [...new Set([...this.labels].filter(([secret]) => text.includes(secret)).map(([, label]) => label))];
  }

  private get patterns(): string {
    return [...this.labels.keys()].map((secret) => `${secret}\n`).join("");
  }

  /** Files below directories of this machine that hold a secret, with the secrets' names. */
  async inFiles(places: string[], excluded: string[] = []): Promise<{ file: string; secrets: string[] }[]> {
    const exclude = excluded.map((name) =>
      name.endsWith("/") ? `--exclude-dir=${name.slice(0, -1)}` : `--exclude=${name}`,
    );
    const grep = ["grep", "-rlaFZ", "-D", "skip", ...exclude, "-f", "-", "--", ...places];
    const { stdout } = await tryRun(grep, { input: this.patterns, timeoutSeconds: 120 });
    const files = stdout.split("\0").filter((file) => file !== "");
    return files.map((file) => ({ file, secrets: this.in(readFileSync(file, "latin1")) }));
  }

  /** Names of the secrets that a command in a host prints. Neither its output nor a secret is in any argument or file. */
  async inOutputOn(host: string, command: string): Promise<string[]> {
    const script = `patterns=$(cat); { ${command}; } 2>/dev/null | grep -aohF -f <(printf '%s\\n' "$patterns") | sort -u || true`;
    const found = await run(this.cloud.lab.execLine(host, ["bash", "-c", script]), {
      input: this.patterns,
      timeoutSeconds: 120,
    });
    return this.in(found);
  }
}
