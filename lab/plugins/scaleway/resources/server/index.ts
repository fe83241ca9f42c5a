// SPDX-License-Identifier: Apache-2.0
import { UNKNOWN } from "../../../../../provider/grpc/provider";
import type { PropertyMap } from "../../../../../provider/grpc/provider";
import type { Call, Change, ResourceDefinition } from "../../core/resource";
import { flag, objects, text, texts } from "../../core/values";
import { fullId, plainId, splitId } from "../../locality";
import { checkLocalities, chosenProject, chosenZone, ignoringGone } from "../common";
import {
  bareMetalPath,
  findOfferByName,
  getOs,
  listNetworks,
  serverPath,
  waitForInstall,
  waitForNetworksGone,
  waitForServer,
  waitForServerGone,
} from "./api";
import type { Server } from "./api";
import {
  addOptions,
  changeServer,
  encoded,
  findOffer,
  partitioningSchema,
  requireSettings,
  setNetworks,
} from "./change";
import { readServer } from "./read";
import { isOfferId, PRIVATE_NETWORK_OPTION, serverSchema } from "./schema";

/** Another offer means another machine; only hourly to monthly of the same offer happens in place. */
async function planOffer(change: Change, inZone: string, call: Call): Promise<void> {
  const [stored, wanted] = [text(change.prior.offer), text(change.wanted.offer)];
  if (change.prior.offerName && wanted === change.prior.offerName) change.planned.offer = change.prior.offer ?? null;
  if (!change.prior.offerId || change.planned.offer === UNKNOWN) return;
  if (stored === wanted) return;
  const before = await findOffer(call, inZone, stored);
  const after = await findOffer(call, inZone, wanted);
  if (before === undefined || after === undefined) return;
  if (before.name !== after.name) change.replaceAll = true;
  else if (before.subscription_period === "monthly" && after.subscription_period === "hourly") {
    throw new Error(
      `invalid plan transition: offer ${wanted} is hourly and the server is paid monthly, which it stays; ` +
        "give the monthly offer's id, or replace the server",
    );
  }
}

function requireNetworkOption(change: Change): void {
  if (objects(change.wanted.privateNetworks).length === 0 || change.wanted.options === UNKNOWN) return;
  const hasOption = objects(change.wanted.options).some(
    (option) => option.id === UNKNOWN || plainId(text(option.id)) === PRIVATE_NETWORK_OPTION,
  );
  if (!hasOption) throw new Error("private network option needs to be enabled in order to attach a private network");
}

async function installBody(planned: PropertyMap, inZone: string, call: Call): Promise<object> {
  const osId = plainId(text(planned.os));
  if (!osId) throw new Error("scaleway-sdk-go: field OsID cannot be empty in request");
  const os = await getOs(call, inZone, osId);
  requireSettings(os, planned);
  return {
    os_id: os.id,
    hostname: text(planned.hostname),
    ssh_key_ids: texts(planned.sshKeyIds),
    user: text(planned.user) || null,
    password: text(planned.password) || text(planned.passwordWo) || null,
    service_user: text(planned.serviceUser) || null,
    service_password: text(planned.servicePassword) || text(planned.servicePasswordWo) || null,
    partitioning_schema: partitioningSchema(text(planned.partitioning)),
  };
}

export const server: ResourceDefinition = {
  token: "scaleway:elasticmetal/server:Server",
  schema: serverSchema,

  async plan(change, call) {
    const inZone = text(change.wanted.zone) || text(change.prior.zone) || call.defaults.zone;
    checkLocalities(inZone, [
      ["offer", change.wanted.offer],
      ["os", change.wanted.os],
      ...objects(change.wanted.privateNetworks).map((network): [string, PropertyMap[string]] => [
        "private_network.id",
        network.id ?? null,
      ]),
    ]);
    if (!change.creating) await planOffer(change, text(change.prior.zone) || inZone, call);
    requireNetworkOption(change);
  },

  async create(planned, call) {
    const inZone = chosenZone(planned, call.defaults);
    const offer = text(planned.offer);
    const offerId = isOfferId(offer) ? plainId(offer) : (await findOfferByName(call, inZone, offer)).id;
    const later = flag(planned.installConfigAfterward);
    const made = await call.api.post<Server>(`${bareMetalPath(inZone)}/servers`, {
      offer_id: offerId,
      project_id: chosenProject(planned, call.defaults),
      name: text(planned.name),
      description: text(planned.description),
      tags: texts(planned.tags),
      ...(later ? {} : { install: await installBody(planned, inZone, call) }),
      option_ids: null,
      protected: flag(planned.protected),
      ...(text(planned.cloudInit) ? { user_data: encoded(text(planned.cloudInit)) } : {}),
    });
    call.created(fullId(inZone, made.id));
    await (later ? waitForServer(call, inZone, made.id) : waitForInstall(call, inZone, made.id));
    await addOptions(call, inZone, made.id, objects(planned.options));
    const networks = objects(planned.privateNetworks);
    if (networks.length > 0) await setNetworks(call, inZone, made.id, networks);
  },

  read(id, call) {
    const { locality, id: serverId } = splitId(id);
    return readServer(call, locality, serverId);
  },

  async update(id, change, call) {
    const { locality, id: serverId } = splitId(id);
    await changeServer(call, locality, serverId, change);
  },

  async delete(id, _prior, call) {
    const { locality, id: serverId } = splitId(id);
    const networks = await listNetworks(call, locality, serverId);
    for (const network of networks) {
      await call.api.delete(
        `/baremetal/v3/zones/${locality}/servers/${serverId}/private-networks/${network.private_network_id}`,
      );
    }
    await waitForNetworksGone(call, locality, serverId);
    await ignoringGone(
      call.api.delete(serverPath(locality, serverId)).then(() => waitForServerGone(call, locality, serverId)),
    );
  },
};
