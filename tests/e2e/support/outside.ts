// SPDX-License-Identifier: Apache-2.0
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addresses, checkout, inNamespace, ports, programCommand } from "../../../lab/hosts/layout";
import { selfSigned } from "../../../lab/plugins/tls/certificate";
import { makeKey } from "../../../lab/plugins/tls/private-key";
import { credentials } from "../../../lab/settings";
import type { CloudUnderTest } from "../../helpers/e2e";
import { eventually } from "../../helpers/eventually";
import type { Contact, OutsideSettings } from "./outside-program";

/** Where the ACME authority listens. */
const ACME = { port: 14_000, management: 15_000 };

/** What hosts of a lab meet outside of it, at the fabric's public address, as long as it is open. */
export class Outside {
  readonly contacts: Contact[] = [];
  /** Root certificate of the ACME authority's server. */
  authority = "";
  private readonly children: ChildProcess[] = [];
  private said = "";

  constructor(
    private readonly cloud: CloudUnderTest,
    /** The DNS zone at the emulated Scaleway that answers for texts. */
    private readonly zone: string,
    private readonly httpsPorts: number[],
  ) {}

  readonly address = addresses.publicGateway;

  get directory(): string {
    return `https://${this.address}:${ACME.port}/dir`;
  }

  /** @param names - addresses of names that are not {@link address} */
  async open(names: Record<string, string>): Promise<void> {
    const { texts } = await makeKey({ algorithm: "ECDSA", ecdsaCurve: "P256", rsaBits: 2048 });
    const terms = {
      allowedUses: ["digital_signature", "server_auth", "cert_signing"],
      validityPeriodHours: 24,
      isCaCertificate: true,
    };
    const made = await selfSigned(texts.privateKeyPem, { ipAddresses: [this.address] }, terms);
    this.authority = made.certPem;
    const settings: OutsideSettings = {
      address: this.address,
      names,
      https: { ports: this.httpsPorts, certificate: made.certPem, key: texts.privateKeyPem },
      records: {
        url: `http://${this.address}:${ports.emulatorForHosts}`,
        zone: this.zone,
        token: credentials(this.cloud.lab.layout).secretKey,
      },
    };
    let rest = "";
    let ready = false;
    this.start(
      programCommand(join(checkout, "tests/e2e/support/outside-program.ts")),
      JSON.stringify(settings),
      (chunk) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const said = JSON.parse(line) as Contact | { ready: true };
          if ("ready" in said) ready = true;
          else this.contacts.push(said);
        }
      },
    );
    this.startAuthority(texts.privateKeyPem);
    const isOpen = (): boolean => ready && this.said.includes("ACME directory available");
    await eventually(isOpen, { what: () => `the outside is there: ${this.said}`, seconds: 60, every: 50 });
  }

  /** Debian's pebble; nobody waits for its random sleeps. */
  private startAuthority(key: string): void {
    const file = (name: string): string => join(this.cloud.temporary, `outside-${name}`);
    mkdirSync(this.cloud.temporary, { recursive: true });
    writeFileSync(file("server.pem"), this.authority);
    writeFileSync(file("server.key"), key, { mode: 0o600 });
    const pebble = {
      listenAddress: `${this.address}:${ACME.port}`,
      managementListenAddress: `${this.address}:${ACME.management}`,
      certificate: file("server.pem"),
      privateKey: file("server.key"),
      httpPort: 80,
      tlsPort: 443,
    };
    writeFileSync(file("pebble.json"), JSON.stringify({ pebble }));
    const environment = ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "PEBBLE_WFE_NONCEREJECT=0"];
    this.start(
      [...environment, "pebble", "-config", file("pebble.json"), "-dnsserver", `${this.address}:53`],
      "",
      (chunk) => (this.said += chunk),
    );
  }

  private start(argv: string[], input: string, onOutput: (chunk: string) => void): void {
    const [command = "", ...words] = inNamespace(this.cloud.lab.layout.namespaces.fabric, argv);
    const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", onOutput);
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (this.said += chunk));
    child.stdin.end(input);
    this.children.push(child);
  }

  close(): void {
    for (const child of this.children.splice(0)) child.kill("SIGKILL");
  }
}
