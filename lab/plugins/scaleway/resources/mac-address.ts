// SPDX-License-Identifier: Apache-2.0
import { isStatus } from "../api/errors";
import { timestamp } from "../api/wire";
import type { Call, ResourceDefinition } from "../core/resource";
import { given, output } from "../core/schema";
import { text, texts } from "../core/values";
import { fullId, plainId, splitId } from "../locality";
import { checkLocalities, chosenZone, ignoringGone, times, zone } from "./common";
import { fipsPath, settledFlexibleIp } from "./flexible-ip";
import type { FlexibleIp } from "./flexible-ip";

const TYPES = ["unknown_type", "vmware", "xen", "kvm"];

function refuseType(value: string, path: string): string | undefined {
  if (TYPES.includes(value)) return undefined;
  return `expected ${path} to be one of [${TYPES.map((type) => `"${type}"`).join(" ")}], got ${value}`;
}

async function duplicate(call: Call, inZone: string, from: string, to: string): Promise<void> {
  await settledFlexibleIp(call, inZone, to);
  await call.api.post(`${fipsPath(inZone)}/${to}/mac/duplicate`, { duplicate_from_fip_id: from });
  await settledFlexibleIp(call, inZone, to);
}

export const macAddress: ResourceDefinition = {
  token: "scaleway:elasticmetal/ipMacAddress:IpMacAddress",
  schema: {
    address: output(),
    createdAt: times.createdAt,
    flexibleIpId: given(),
    flexibleIpIdsToDuplicates: { kind: "set", optional: true },
    status: output(),
    type: given({ rules: { refuse: refuseType } }),
    updatedAt: times.updatedAt,
    zone,
  },

  plan(change, call) {
    checkLocalities(text(change.wanted.zone) || text(change.prior.zone) || call.defaults.zone, [
      ["flexible_ip_id", change.wanted.flexibleIpId],
    ]);
    return Promise.resolve();
  },

  async create(planned, call) {
    const inZone = chosenZone(planned, call.defaults);
    const ip = await settledFlexibleIp(call, inZone, plainId(text(planned.flexibleIpId)));
    const made = await call.api.post<FlexibleIp>(`${fipsPath(inZone)}/${ip.id}/mac`, { mac_type: text(planned.type) });
    call.created(fullId(inZone, made.mac_address?.id ?? ""));
    for (const other of texts(planned.flexibleIpIdsToDuplicates)) await duplicate(call, inZone, ip.id, plainId(other));
    await settledFlexibleIp(call, inZone, ip.id);
  },

  async read(id, call, prior) {
    const { locality } = splitId(id);
    const ip = await settledFlexibleIp(call, locality, plainId(text(prior.flexibleIpId)));
    const mac = ip.mac_address;
    if (mac === null)
      throw new Error(`Missing Resource Identity: the flexible IP ${ip.id} has no MAC address any more`);
    return {
      address: mac.mac_address,
      createdAt: timestamp(mac.created_at),
      flexibleIpId: fullId(locality, ip.id),
      flexibleIpIdsToDuplicates: texts(prior.flexibleIpIdsToDuplicates),
      status: mac.status,
      type: mac.mac_type,
      updatedAt: timestamp(mac.updated_at),
      zone: mac.zone,
    };
  },

  async update(id, change, call) {
    const { locality } = splitId(id);
    const path = fipsPath(locality);
    const from = plainId(text(change.prior.flexibleIpId));
    const to = plainId(text(change.planned.flexibleIpId));
    await settledFlexibleIp(call, locality, from);
    if (change.has("flexibleIpId")) {
      await call.api.post(`${path}/${from}/mac/move`, { dst_fip_id: to });
      await settledFlexibleIp(call, locality, to);
    }
    const before = texts(change.prior.flexibleIpIdsToDuplicates);
    const after = texts(change.planned.flexibleIpIdsToDuplicates);
    for (const gone of before.filter((other) => !after.includes(other))) {
      await ignoringGone(call.api.delete(`${path}/${plainId(gone)}/mac`));
    }
    for (const more of after.filter((other) => !before.includes(other))) {
      await duplicate(call, locality, to, plainId(more));
    }
    await settledFlexibleIp(call, locality, to);
  },

  async delete(id, prior, call) {
    const { locality } = splitId(id);
    const ip = await settledFlexibleIp(call, locality, plainId(text(prior.flexibleIpId)));
    // Where the real provider ends with a panic, there is nothing left to do.
    if (ip.mac_address === null) return;
    try {
      // It is the MAC address's own id that travels, so that the API does not find it: the address stays on its flexible IP.
      await call.api.delete(`${fipsPath(locality)}/${ip.mac_address.id}/mac`);
    } catch (error) {
      if (!isStatus(error, 404)) throw error;
    }
    await settledFlexibleIp(call, locality, ip.id);
  },
};
