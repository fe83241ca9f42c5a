// SPDX-License-Identifier: Apache-2.0
// Two servers and their flexible IPs at the emulated Scaleway, VMs as oned writes them, and hooks run as OpenNebula runs them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FlexibleIpApi } from "../../../onhost/flexible-ip/src/api";
import { serve, type BrokerParts } from "../../../onhost/flexible-ip/src/broker";
import type { Clock } from "../../../onhost/flexible-ip/src/clock";
import type { CloudView } from "../../../onhost/flexible-ip/src/cloud-view";
import { runHook } from "../../../onhost/flexible-ip/src/hook";
import { fileLocks } from "../../../onhost/flexible-ip/src/lock";
import { logLine } from "../../../onhost/flexible-ip/src/log";
import { claimsOf, type Claim } from "../../../onhost/flexible-ip/src/occupancy";
import { parseRequest, type HookStep } from "../../../onhost/flexible-ip/src/protocol";
import { parseXml } from "../../../opennebula/xml";
import { Api, flexible, orderServer } from "../scaleway/api";

export interface Nic {
  ip?: string;
  ip6?: string;
  mac?: string;
  bridge?: string;
  driver?: string;
  flexible?: "YES" | "NO";
  attach?: boolean;
  /** Written into the template by hand: oned lets it pass and gives it no lease. */
  ofNoNetwork?: boolean;
  /** An alias of this NIC's number. */
  aliasOf?: number;
}

export interface TestVm {
  id: number;
  nics: Nic[];
  /** @default 3, active */
  state?: number;
  /** @default 3, running */
  lcm?: number;
  /** Hosts of the history records, the latest last. */
  hosts?: string[];
}

/** What must never turn up in a log, an answer or a command line. */
export const CANARY = "c4n4ry-in-the-template";

/** A VM's document, in oned's words. */
export function vmXml({ id, nics, state = 3, lcm = 3, hosts = [] }: TestVm): string {
  const tag = (name: string, value: string | number | undefined): string =>
    value === undefined ? "" : `<${name}><![CDATA[${value}]]></${name}>`;
  const parts = nics.map((nic, index) => {
    const name = nic.aliasOf === undefined ? "NIC" : "NIC_ALIAS";
    const alias = nic.aliasOf === undefined ? "" : tag("PARENT", `NIC${nic.aliasOf}`) + tag("PARENT_ID", nic.aliasOf);
    const own = [
      tag("NIC_ID", index),
      tag("NETWORK_ID", nic.ofNoNetwork === true ? undefined : 3),
      tag("BRIDGE", nic.bridge ?? "pubridge"),
      tag("VN_MAD", nic.driver ?? "bridge"),
      tag("IP", nic.ip),
      tag("IP6", nic.ip6),
      tag("MAC", nic.mac ?? "02:00:00:00:00:01"),
      tag("FLEXIBLE_IP", nic.flexible),
      tag("ATTACH", nic.attach === true ? "YES" : undefined),
    ];
    return `<${name}>${own.join("")}${alias}</${name}>`;
  });
  const history = hosts.map((host, seq) => `<HISTORY><SEQ>${seq}</SEQ><HOSTNAME>${host}</HOSTNAME></HISTORY>`);
  return [
    `<VM><ID>${id}</ID><STATE>${state}</STATE><LCM_STATE>${lcm}</LCM_STATE>`,
    `<TEMPLATE><CONTEXT><PASSWORD><![CDATA[${CANARY}]]></PASSWORD></CONTEXT>${parts.join("")}</TEMPLATE>`,
    `<HISTORY_RECORDS>${history.join("")}</HISTORY_RECORDS></VM>`,
  ].join("");
}

export interface TestIp {
  id: string;
  address: string;
  mac: string;
}

/** Everything that a test of the driver needs; `end` it. */
export class World {
  readonly scaleway = new Api();
  readonly vms = new Map<number, TestVm>();
  readonly servers: Record<string, string> = {};
  readonly managed: string[] = [];
  readonly logged: string[] = [];
  /** Runs before oned answers; may throw. */
  beforeOned: () => void = () => undefined;
  /** Runs while somebody waits, after the time has passed. */
  whileWaiting: () => Promise<void> | void = () => undefined;

  readonly clock: Clock = {
    now: () => this.scaleway.time,
    sleep: async (milliseconds) => {
      this.scaleway.time += milliseconds;
      await this.whileWaiting();
    },
    random: () => 0.5,
  };

  /** @param transition - milliseconds that an attachment takes at Scaleway. */
  async start(transition = 0): Promise<this> {
    await this.scaleway.start({}, { flexibleIp: transition });
    for (const host of ["host01", "host02"]) this.servers[host] = await orderServer(this.scaleway, { name: host });
    mkdirSync(join(this.scaleway.folder, "locks"));
    return this;
  }

  end(): Promise<void> {
    return this.scaleway.end();
  }

  /** Buys an address, with a virtual MAC; the stack's own unless said otherwise. */
  async buy({ ipv6 = false, managed = true, mac = true } = {}): Promise<TestIp> {
    const bought = await this.scaleway.ok("POST", `${flexible}/fips`, { is_ipv6: ipv6 });
    const id = String(bought.id);
    const made = mac ? await this.scaleway.ok("POST", `${flexible}/fips/${id}/mac`, { mac_type: "kvm" }) : {};
    const { mac_address: address = "" } = (made.mac_address ?? {}) as { mac_address?: string };
    if (managed) this.managed.push(id);
    return { id, address: String(bought.ip_address), mac: address };
  }

  async look({ id }: TestIp): Promise<{ status: string; host: string | undefined }> {
    const { status, server_id: server } = await this.scaleway.ok("GET", `${flexible}/fips/${id}`);
    return { status: String(status), host: Object.keys(this.servers).find((host) => this.servers[host] === server) };
  }

  /** Puts an address on a server, as it would be after a hook. */
  async put({ id }: TestIp, host: string): Promise<void> {
    await this.scaleway.ok("POST", `${flexible}/fips/attach`, { fips_ids: [id], server_id: this.servers[host] });
    this.scaleway.time += 60_000;
  }

  fault(fault: object): Promise<unknown> {
    return this.scaleway.ok("POST", "/_lab/faults", fault);
  }

  /** Orders that reached Scaleway, e.g. `POST attach 200`. */
  async orders(): Promise<string[]> {
    const { requests } = (await this.scaleway.ok("GET", "/_lab/requests")) as {
      requests: { method: string; path: string; status: number }[];
    };
    return requests
      .filter(({ method, path }) => method === "POST" && /fips\/(attach|detach)$/.test(path))
      .map(({ path, status }) => `${path.split("/").at(-1)} ${status}`);
  }

  forgetOrders(): Promise<unknown> {
    return this.scaleway.ok("DELETE", "/_lab/requests");
  }

  /** What the broker asks; `vms` unless a test has an oned of its own. */
  cloud: CloudView = {
    ofVm: async (id) => this.claims().filter(({ vm }) => vm === id),
    all: async () => this.claims(),
  };

  get parts(): BrokerParts {
    const { cloud } = this;
    const { url } = this.scaleway;
    const { projectId } = this.scaleway.credentials;
    const secretKey = this.scaleway.token ?? "";
    return {
      api: new FlexibleIpApi({ url, zone: "fr-par-1", projectId, secretKey }),
      cloud,
      servers: this.servers,
      managed: this.managed,
      withLock: fileLocks(join(this.scaleway.folder, "locks")),
      clock: this.clock,
      log: (fields) => void this.logged.push(logLine(fields)),
    };
  }

  /** One hook on a host; what oned would show of a refusal, or nothing. */
  hook(step: HookStep, host: string, vm: TestVm, driver = "bridge"): Promise<string[]> {
    return this.hookOf(step, host, vmXml(vm), driver);
  }

  /** The same with a VM's document as oned wrote it. */
  hookOf(step: HookStep, host: string, xml: string, driver: string): Promise<string[]> {
    return runHook(
      { step, driver, bridge: "pubridge", input: Buffer.from(xml).toString("base64") },
      {
        ask: async (request) => JSON.stringify(await serve(host, parseRequest(request), this.parts)),
        clock: this.clock,
        log: (fields) => void this.logged.push(logLine(fields)),
      },
    );
  }

  private claims(): Claim[] {
    this.beforeOned();
    return [...this.vms.values()].flatMap((vm) => claimsOf(parseXml("test", vmXml(vm))));
  }

  /** Tells oned of a VM, or of what has become of it. */
  set(vm: TestVm): TestVm {
    this.vms.set(vm.id, vm);
    return vm;
  }
}

/** States of a VM, by what OpenNebula calls them. */
export const states = {
  boot: { state: 3, lcm: 2 },
  running: { state: 3, lcm: 3 },
  migrate: { state: 3, lcm: 4 },
  hotplugNic: { state: 3, lcm: 25 },
  shutdown: { state: 3, lcm: 12 },
  bootPoweroff: { state: 3, lcm: 20 },
  poweroff: { state: 8, lcm: 0 },
} as const;
