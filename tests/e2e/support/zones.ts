// SPDX-License-Identifier: Apache-2.0
import { hostDevices, type HostRole } from "../../../catalogue";
import type { Lab } from "../../../lab/lab";
import { addresses, inNamespace } from "../../../lab/hosts/layout";
import { machinesOf } from "../../../lab/hosts/machine";
import { publicBridge } from "../../../lab/hosts/network";
import { run, tryRun } from "../../../lab/hosts/run";

/** Where a stranger stands in each zone, and what a host is called from there. */
export interface Post {
  namespace: string;
  source?: string;
  /** As which address hosts see it. */
  origin: string;
  target(host: string): string;
}

/** One host as the scans see it. */
export interface ScannedHost {
  name: string;
  namespace: string;
  roles: HostRole[];
  publicAddress: string;
  managementAddress: string;
}

const V6 = { fabric: "2001:db8:5ca1::1", host: (index: number) => `2001:db8:5ca1::1:${index + 1}` };
const GUEST = { host: "10.1.99.1", guest: "10.1.99.2", port: "guest0" };
const STRANGER = "10.16.15.250";

/**
 * Places from which hosts can be scanned besides the operator's and the public zone's: an address in the management network that is
 * no host, a bridge port where a virtual machine would be, and IPv6 on the public side, which the lab does not have by itself.
 */
export class Zones {
  readonly hosts: ScannedHost[];
  private readonly guestNamespace: string;
  private readonly managementBridge: string;

  constructor(
    private readonly lab: Lab,
    roles: Record<string, { roles: HostRole[]; managementAddress: string }>,
  ) {
    const machines = machinesOf(lab.layout).filter(({ record }) => record.on);
    this.hosts = machines.map(({ record }) => ({
      name: record.hostname,
      namespace: record.namespace,
      publicAddress: record.publicAddress,
      ...roles[record.hostname]!,
    }));
    this.guestNamespace = `${lab.layout.id}-guest`;
    this.managementBridge = machines[0]!.record.privateNics[0]!.bridge;
  }

  private get fabric(): string {
    return this.lab.layout.namespaces.fabric;
  }

  async open(): Promise<void> {
    await this.close();
    await this.inFabric(["sysctl", "-qw", `net.ipv6.conf.${publicBridge}.disable_ipv6=0`]);
    await this.inFabric(["ip", "address", "add", `${V6.fabric}/64`, "dev", publicBridge, "nodad"]);
    await this.inFabric(["ip", "address", "add", `${STRANGER}/20`, "dev", this.managementBridge]);
    for (const [index, { namespace }] of this.hosts.entries()) {
      const words = ["ip", "address", "add", `${V6.host(index)}/64`, "dev", hostDevices.publicBridge, "nodad"];
      await run(inNamespace(namespace, words));
    }
    // A port of the first host on no bridge of the host's own: what comes in there is a guest.
    const [first] = this.hosts;
    await run(["ip", "netns", "add", this.guestNamespace]);
    const peer = ["peer", "name", "net0", "netns", this.guestNamespace];
    await run(["ip", "link", "add", "name", GUEST.port, "netns", first!.namespace, "type", "veth", ...peer]);
    await run(inNamespace(first!.namespace, ["ip", "address", "add", `${GUEST.host}/24`, "dev", GUEST.port]));
    await run(inNamespace(first!.namespace, ["ip", "link", "set", GUEST.port, "up"]));
    await run(inNamespace(this.guestNamespace, ["ip", "address", "add", `${GUEST.guest}/24`, "dev", "net0"]));
    await run(inNamespace(this.guestNamespace, ["ip", "link", "set", "net0", "up"]));
    await run(inNamespace(this.guestNamespace, ["ip", "route", "add", "default", "via", GUEST.host]));
  }

  /** Takes all of it away; also what a killed test has left. */
  async close(): Promise<void> {
    await tryRun(["ip", "netns", "delete", this.guestNamespace]);
    await tryRun(inNamespace(this.fabric, ["ip", "address", "delete", `${STRANGER}/20`, "dev", this.managementBridge]));
    await tryRun(inNamespace(this.fabric, ["ip", "address", "delete", `${V6.fabric}/64`, "dev", publicBridge]));
    for (const [index, { namespace }] of this.hosts.entries()) {
      const words = ["ip", "address", "delete", `${V6.host(index)}/64`, "dev", hostDevices.publicBridge];
      await tryRun(inNamespace(namespace, words));
      await tryRun(inNamespace(namespace, ["ip", "link", "delete", GUEST.port]));
    }
  }

  private inFabric(argv: string[]): Promise<string> {
    return run(inNamespace(this.fabric, argv));
  }

  private find(host: string): ScannedHost {
    return this.hosts.find(({ name }) => name === host)!;
  }

  get posts(): Record<"admin" | "private" | "guests" | "public" | "public6", Post> {
    const { operator, publicZone } = this.lab.layout.namespaces;
    return {
      admin: { namespace: operator, origin: addresses.operator, target: (host) => this.find(host).publicAddress },
      private: {
        namespace: this.fabric,
        source: STRANGER,
        origin: STRANGER,
        target: (host) => this.find(host).managementAddress,
      },
      guests: {
        namespace: this.guestNamespace,
        origin: GUEST.guest,
        target: (host) => this.find(host).managementAddress,
      },
      public: {
        namespace: publicZone,
        origin: addresses.publicZoneHost,
        target: (host) => this.find(host).publicAddress,
      },
      public6: {
        namespace: this.fabric,
        origin: V6.fabric,
        target: (host) => V6.host(this.hosts.findIndex(({ name }) => name === host)),
      },
    };
  }
}
