// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import type { VirtualNetworkRecovery } from "../objects/networks";
import { buildTemplate } from "../template/build";
import type { Template, TemplateVector } from "../template/template";
import { ObjectCalls } from "./objects";
import { vectorText } from "./parameters";

/** Addresses to take out of a network into one of their own, or into a reservation that is there. */
export interface Reservation {
  /** Name of the new network. */
  name?: string;
  /** Instead of a name: the reservation that the addresses are added to. */
  intoId?: number;
  size: number;
  /** The range to take them from. @default any */
  rangeId?: number;
  /** The first address. @default the first free one */
  ip?: string;
  mac?: string;
}

/** An address by one of its forms. */
export type LeaseAddress = { ip: string } | { mac: string };

/** Calls that only virtual networks have. */
export class VirtualNetworkCalls extends ObjectCalls<"vn"> {
  constructor(client: OneClient) {
    super(client, "vn");
  }

  /**
   * Adds an address range, e.g. `{ TYPE: "IP4", IP: "10.1.2.100", SIZE: "48" }`. Its id is the next one that was never used; oned
   * does not tell it.
   */
  async addAr(id: number, range: TemplateVector, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.add_ar", [id, vectorText("AR", range)], options);
  }

  /** Changes attributes of a range. */
  async updateAr(id: number, range: { id: number; attributes: TemplateVector }, options?: CallOptions): Promise<void> {
    const text = vectorText("AR", { AR_ID: String(range.id), ...range.attributes });
    await this.client.call("one.vn.update_ar", [id, text], { repeatable: true, ...options });
  }

  /** @param force - also with addresses in use. */
  async removeAr(id: number, rangeId: number, force = false, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.rm_ar", [id, rangeId, force], options);
  }

  /** Gives a reservation's range back to its parent. */
  async freeAr(id: number, rangeId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.free_ar", [id, rangeId], options);
  }

  /** @returns the id of the network that holds the reserved addresses. */
  async reserve(id: number, reservation: Reservation, options?: CallOptions): Promise<number> {
    const { name, intoId, size, rangeId, ip, mac } = reservation;
    const wanted = { NAME: name, NETWORK_ID: intoId, SIZE: size, AR_ID: rangeId, IP: ip, MAC: mac };
    const given = Object.entries(wanted).filter(([, value]) => value !== undefined);
    const text = buildTemplate(Object.fromEntries(given.map(([key, value]) => [key, String(value)])), "reservation");
    return this.client.call("one.vn.reserve", [id, text], options);
  }

  /** Keeps an address from being leased. */
  async hold(id: number, address: LeaseAddress, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.hold", [id, leaseText(address)], options);
  }

  async release(id: number, address: LeaseAddress, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.release", [id, leaseText(address)], options);
  }

  async recover(id: number, recovery: VirtualNetworkRecovery, options?: CallOptions): Promise<void> {
    await this.client.call("one.vn.recover", [id, recovery], options);
  }
}

function leaseText(address: LeaseAddress): string {
  return vectorText("LEASES", "ip" in address ? { IP: address.ip } : { MAC: address.mac });
}

/** Calls that only network templates have. */
export class VnTemplateCalls extends ObjectCalls<"vntemplate"> {
  constructor(client: OneClient) {
    super(client, "vntemplate");
  }

  /** @returns the id of the new network. */
  async instantiate(
    id: number,
    network: { name: string; template?: Template },
    options?: CallOptions,
  ): Promise<number> {
    const text = buildTemplate(network.template ?? {});
    return this.client.call("one.vntemplate.instantiate", [id, network.name, text], options);
  }

  /** @returns the id of the copy. */
  async clone(id: number, name: string, options?: CallOptions): Promise<number> {
    return this.client.call("one.vntemplate.clone", [id, name], options);
  }
}

/** Calls that only security groups have. */
export class SecurityGroupCalls extends ObjectCalls<"secgroup"> {
  constructor(client: OneClient) {
    super(client, "secgroup");
  }

  /** @returns the id of the copy. */
  async clone(id: number, name: string, options?: CallOptions): Promise<number> {
    return this.client.call("one.secgroup.clone", [id, name], options);
  }

  /** Applies the rules to VMs that run. An update does so by itself; this repeats it, e.g. for those in error. */
  async commit(id: number, onlyErrors = false, options?: CallOptions): Promise<void> {
    await this.client.call("one.secgroup.commit", [id, onlyErrors], { repeatable: true, ...options });
  }
}

/** Machines that make a virtual router. */
export interface RouterMachines {
  count: number;
  templateId: number;
  /** `%i` becomes the number of the machine. */
  name: string;
  /** @default false */
  hold?: boolean;
  /** Laid over the VM template. */
  template?: Template;
}

/** Calls that only virtual routers have. */
export class VirtualRouterCalls extends ObjectCalls<"vrouter"> {
  constructor(client: OneClient) {
    super(client, "vrouter");
  }

  async instantiate(id: number, machines: RouterMachines, options?: CallOptions): Promise<void> {
    const { count, templateId, name, hold = false, template = {} } = machines;
    const parameters = [id, count, templateId, name, hold, buildTemplate(template)] as const;
    await this.client.call("one.vrouter.instantiate", [...parameters], options);
  }

  async attachNic(id: number, nic: TemplateVector, options?: CallOptions): Promise<void> {
    await this.client.call("one.vrouter.attachnic", [id, vectorText("NIC", nic)], options);
  }

  async detachNic(id: number, nicId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vrouter.detachnic", [id, nicId], options);
  }
}
