// SPDX-License-Identifier: Apache-2.0
import type { Baremetalv1 } from "@scaleway/sdk-baremetal";

import type { PropertyMap } from "../../../../provider/grpc/provider";
import type { Wire } from "../api/wire";
import type { Call, FunctionDefinition } from "../core/resource";
import { flag, text } from "../core/values";
import { fullId } from "../locality";
import { bareMetalPath, findOfferById, getOs as readOs } from "../resources/server/api";
import type { Offer, Os } from "../resources/server/api";
import { zonal } from "./common";

async function wantedOffer(args: PropertyMap, inZone: string, id: string, call: Call): Promise<Offer> {
  if (id) {
    const found = await findOfferById(call, inZone, id);
    if (found) return found;
    throw new Error(`no offer found with the name ${id} in zone ${inZone}`);
  }
  const period = text(args.subscriptionPeriod) || "unknown_subscription_period";
  // Names are upper-cased first, unlike in the resource.
  const name = text(args.name).toUpperCase();
  const offers = await call.api.pages<Offer>(`${bareMetalPath(inZone)}/offers`, "offers", {
    subscription_period: period,
  });
  const found = offers.find((offer) => offer.name === name && (flag(args.includeDisabled) || offer.enable));
  if (found) return found;
  throw new Error(`no offer found with the name ${name} in zone ${inZone}`);
}

export const getOffer: FunctionDefinition = {
  token: "scaleway:elasticmetal/getOffer:getOffer",
  async call(args, call) {
    const { inZone, id } = zonal(args, text(args.offerId), call);
    const offer = await wantedOffer(args, inZone, id, call);
    const [cpu] = offer.cpus;
    return {
      bandwidth: offer.bandwidth,
      commercialRange: offer.commercial_range,
      cpu: {
        coreCount: cpu?.core_count ?? 0,
        frequency: cpu?.frequency ?? 0,
        name: cpu?.name ?? "",
        threadCount: cpu?.thread_count ?? 0,
      },
      disks: offer.disks.map(({ capacity, type }) => ({ capacity, type })),
      id: fullId(inZone, offer.id),
      includeDisabled: flag(args.includeDisabled),
      memories: offer.memories.map(({ capacity, frequency, is_ecc: isEcc, type }) => ({
        capacity,
        frequency,
        isEcc,
        type,
      })),
      name: offer.name,
      offerId: fullId(inZone, offer.id),
      stock: offer.stock,
      subscriptionPeriod: offer.subscription_period,
      zone: inZone,
    };
  },
};

/** An unknown or incomplete name does not fail: the answer then holds no id. */
export const getOs: FunctionDefinition = {
  token: "scaleway:elasticmetal/getOs:getOs",
  async call(args, call) {
    const { inZone, id } = zonal(args, text(args.osId), call);
    const os = id
      ? await readOs(call, inZone, id)
      : (await call.api.pages<Os>(`${bareMetalPath(inZone)}/os`, "os", {})).find(
          (candidate) => candidate.name === text(args.name) && candidate.version === text(args.version),
        );
    const osId = fullId(inZone, os?.id ?? "");
    return { id: osId, name: os?.name ?? "", osId, version: os?.version ?? "", zone: inZone };
  },
};

type Option = Wire<Baremetalv1.Option>;

/** An unknown name does not fail either. */
export const getOption: FunctionDefinition = {
  token: "scaleway:elasticmetal/getOption:getOption",
  async call(args, call) {
    const { inZone, id } = zonal(args, text(args.optionId), call);
    const path = `${bareMetalPath(inZone)}/options`;
    const option = id
      ? await call.api.get<Option>(`${path}/${id}`)
      : (await call.api.pages<Option>(path, "options", {})).find((candidate) => candidate.name === text(args.name));
    const optionId = fullId(inZone, option?.id ?? "");
    return { id: optionId, manageable: option?.manageable ?? false, name: option?.name ?? "", optionId, zone: inZone };
  },
};
