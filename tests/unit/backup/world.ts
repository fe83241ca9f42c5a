// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { eventually } from "../../helpers/eventually";
import { newCredentials, noMachines, startEmulator, type Emulator } from "../../../lab/scaleway";
import { framed, Frames } from "../../../onhost/backup/src/frames";
import { encrypted } from "../../../onhost/backup/src/manifest";
import type { RestoreKind, RestorePlan } from "../../../onhost/backup/src/plan";
import { Repository } from "../../../onhost/backup/src/repository";
import type { Settings } from "../../../onhost/backup/src/settings";
import { query, type Server } from "../../../onhost/backup/src/database";
import { generationOf, sealKey } from "../../../components/backup/seal";
import { judged, type Backup } from "../../../operations/backup/authentic";
import { withFiles } from "../../../operations/backup/files";
import { planRestore } from "../../../operations/backup/plan";
import { restic, storageCall } from "../../helpers/object-storage";

/** Of the machine that there is now. */
export const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOld";

/** A host's backups with the real programs: MariaDB, restic and age, and the emulator's object storage on loopback. */
export class BackupWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "opennebula-backup-unit-"));
  readonly server: Server = { socket: join(this.folder, "mariadb", "socket") };
  readonly credentials = newCredentials();
  settings!: Settings;
  identity = "";
  /** What the hosts' keys for seals derive from. */
  sealIdentity = "";
  emulator!: Emulator;
  private mariadbd: ChildProcess | undefined;

  async start(): Promise<void> {
    this.emulator = await startEmulator({
      port: 0,
      host: "127.0.0.1",
      stateFile: join(this.folder, "state.json"),
      machines: noMachines,
      credentials: this.credentials,
    });
    const { accessKey, secretKey } = this.credentials;
    await storageCall({ url: this.emulator.url, accessKey, secretKey }, "PUT", "/backups");
    this.identity = this.newKey("recipient");
    this.sealIdentity = this.newKey("seals");
    this.settings = {
      host: "fe",
      seal: this.sealOf("fe"),
      repository: {
        url: `s3:${this.emulator.url}/backups/hosts`,
        region: "fr-par",
        accessKey,
        secretKey,
        password: "p",
      },
      recipients: join(this.folder, "recipient.pub"),
      paths: [join(this.folder, "etc")],
      database: { name: "opennebula", credentials: join(this.folder, "one"), units: [] },
      objectives: { recoveryPoint: 900, recoveryTime: 3600 },
      stateDirectory: join(this.folder, "state"),
      cacheDirectory: join(this.folder, "cache"),
      scratchDirectory: join(this.folder, "scratch"),
      metricsDirectory: join(this.folder, "metrics"),
    };
    mkdirSync(join(this.folder, "one"));
    mkdirSync(join(this.folder, "scratch"), { mode: 0o755 });
    writeFileSync(join(this.folder, "one", "sunstone_auth"), "serveradmin:secret-of-services\n");
  }

  /** A key pair; its private half. */
  newKey(name: string): string {
    const file = join(this.folder, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    return readFileSync(file, "utf8");
  }

  /** A MariaDB with a binary log, as the front-end has it. */
  async startDatabase(): Promise<void> {
    const folder = join(this.folder, "mariadb");
    mkdirSync(folder);
    execFileSync("chmod", ["0711", this.folder]);
    execFileSync("chown", ["mysql:", folder]);
    const own = ["--no-defaults", "--user=mysql", `--datadir=${join(folder, "data")}`];
    execFileSync("mariadb-install-db", [...own, "--auth-root-authentication-method=socket", "--skip-test-db"], {
      stdio: "ignore",
    });
    const log = [`--log-bin=opennebula-bin`, "--binlog-format=ROW", "--skip-networking"];
    this.mariadbd = spawn("mariadbd", [...own, ...log, `--socket=${this.server.socket!}`], { stdio: "ignore" });
    const socket = this.server.socket!;
    const answers = async (): Promise<boolean> =>
      existsSync(socket) && (await query("SELECT 1", this.server).catch(() => undefined)) !== undefined;
    await eventually(answers, { what: "MariaDB answers" });
    await this.sql(
      "CREATE DATABASE opennebula CHARACTER SET utf8mb4; USE opennebula; " +
        "CREATE TABLE vm_pool (oid INT PRIMARY KEY, name VARCHAR(128), body MEDIUMTEXT) ENGINE=InnoDB;",
    );
  }

  sql(text: string): Promise<string[][]> {
    return query(text, this.server);
  }

  /** Rows whose texts hold what a dump must not break: quotes, line breaks, other alphabets. */
  async insert(from: number, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) => {
      const oid = from + index;
      return `(${oid}, 'vm-${oid}', '<VM>\\n-- "ünïcode" 東京 \\'${oid}\\'\\n</VM>')`;
    });
    await this.sql(`INSERT INTO opennebula.vm_pool VALUES ${rows.join(",")}`);
  }

  /** What the operator's machine thinks of everything in the repository. */
  async backups(): Promise<Backup[]> {
    return judged(await new Repository(this.settings).snapshots(), this.sealIdentity, [HOST_KEY]);
  }

  async plan(kind: RestoreKind, snapshot?: string, host = "fe"): Promise<RestorePlan> {
    return planRestore(await this.backups(), kind, host, snapshot);
  }

  /** Another host of the same cloud, with its own key. */
  other(host: string): Settings {
    return { ...this.settings, host, seal: this.sealOf(host), database: undefined };
  }

  sealOf(host: string, hostKey = HOST_KEY): Settings["seal"] {
    const generation = generationOf(hostKey);
    return { key: sealKey(this.sealIdentity, { host, generation }), generation };
  }

  /** What the operator's machine does for a restore, with what it then sends. */
  send<T>(
    { steps }: Pick<RestorePlan, "steps">,
    work: (frames: Frames) => Promise<T>,
    identity = this.identity,
  ): Promise<T> {
    const repository = new Repository(this.settings);
    const read = async function* (id: string, folder: string, name: string): AsyncGenerator<Buffer> {
      const target = new PassThrough();
      const dumped = repository.dump({ id, folder }, encrypted(name), target);
      dumped.catch((error: Error) => target.destroy(error));
      yield* target as AsyncIterable<Buffer>;
      await dumped;
    };
    return withFiles(steps, read, identity, (opened) => {
      const sent = async function* (): AsyncGenerator<Buffer> {
        for (const step of steps) yield* framed(opened(step));
      };
      return work(new Frames(sent()));
    });
  }

  /** What whoever has the hosts' password can do. @returns standard output */
  async restic(...words: string[]): Promise<string> {
    const { url, password, accessKey, secretKey } = this.settings.repository;
    const environment = {
      RESTIC_REPOSITORY: url,
      RESTIC_PASSWORD: password,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
    };
    const { status, stdout, stderr } = await restic(environment, words);
    if (status !== 0) throw new Error(stderr);
    return stdout.toString();
  }

  /** Turns a bit of a file of the repository, where the object storage keeps it. */
  damage(name: string): void {
    const key = createHash("sha256").update(`hosts/${name}`).digest("hex");
    const file = join(this.folder, "objects", "backups", "data", `null-${key}`);
    const content = readFileSync(file);
    // Within the first piece of a pack, behind its nonce.
    content[20]! ^= 1;
    writeFileSync(file, content);
  }

  async end(): Promise<void> {
    const { mariadbd } = this;
    if (mariadbd) {
      const ended = new Promise((resolve) => mariadbd.once("close", resolve));
      mariadbd.kill("SIGKILL");
      await ended;
    }
    await this.emulator.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
