// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  newCredentials,
  noMachines,
  startEmulator,
  type Delays,
  type Emulator,
  type MachineBackend,
} from "../../../lab/scaleway/index";

export interface Reply {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** An emulator of its own on a free port, with a clock that stands still, and a client for it. */
export class Api {
  readonly credentials = newCredentials();
  readonly folder = mkdtempSync(join(tmpdir(), "scaleway-unit-"));
  readonly stateFile = join(this.folder, "state.json");
  time = Date.parse("2026-01-01T00:00:00Z");
  token: string | undefined = this.credentials.secretKey;
  private emulator: Emulator | undefined;

  async start(machines: Partial<MachineBackend> = {}, delays: Partial<Delays> = {}): Promise<this> {
    this.emulator = await startEmulator({
      port: 0,
      host: "127.0.0.1",
      stateFile: this.stateFile,
      machines: { ...noMachines, ...machines },
      credentials: this.credentials,
      clock: { now: () => this.time, delays },
    });
    return this;
  }

  get url(): string {
    return this.emulator?.url ?? "";
  }

  async stop(): Promise<void> {
    await this.emulator?.close();
    this.emulator = undefined;
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: this.token === undefined ? {} : { "X-Auth-Token": this.token },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed = (text === "" ? {} : JSON.parse(text)) as Reply["body"];
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** A call that must succeed; its body. */
  async ok(method: string, path: string, body?: unknown): Promise<Reply["body"]> {
    const reply = await this.call(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  }

  async id(method: string, path: string, body?: unknown): Promise<string> {
    return String((await this.ok(method, path, body))["id"]);
  }
}

export const baremetal = "/baremetal/v1/zones/fr-par-1";
export const networks = "/baremetal/v3/zones/fr-par-1";
export const vpc = "/vpc/v2/regions/fr-par";
export const ipam = "/ipam/v1/regions/fr-par";
export const flexible = "/flexible-ip/v1alpha1/zones/fr-par-1";
export const iam = "/iam/v1alpha1";

export const offer = "e1680dec-52aa-4cbc-b70c-ef32d863fdb0";
export const debian12 = "83640d93-a0b8-45ad-9c9f-30cae48380a4";
export const privateNetworkOption = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";
export const publicKey =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICJEoOOgQBLJPs4g/XcPTKT82NywNPpxeuA20FlOPlpO ops@example.test";

/** Orders a server with Debian 12 and one key; its id. */
export async function orderServer(api: Api, fields: Record<string, unknown> = {}): Promise<string> {
  const key = await api.id("POST", `${iam}/ssh-keys`, { name: "k", public_key: publicKey });
  const install = { os_id: debian12, ssh_key_ids: [key], user: "ops" };
  return api.id("POST", `${baremetal}/servers`, { offer_id: offer, name: "fe", install, ...fields });
}
