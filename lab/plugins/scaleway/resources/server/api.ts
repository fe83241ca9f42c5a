// SPDX-License-Identifier: Apache-2.0
import { Baremetalv1, Baremetalv3 } from "@scaleway/sdk-baremetal";

import { isStatus } from "../../api/errors";
import type { Wire } from "../../api/wire";
import type { Call } from "../../core/resource";

export type Offer = Wire<Baremetalv1.Offer>;
export type Os = Wire<Baremetalv1.OS>;
export type ServerNetwork = Wire<Baremetalv3.ServerPrivateNetwork>;
/** Answered with nulls where the model says "absent"; `user_data` is newer than the model. */
export type Server = Omit<Wire<Baremetalv1.Server>, "install" | "user_data"> & {
  install?: Wire<Baremetalv1.ServerInstall> | null;
  user_data?: string | null;
};

const POLL_SECONDS = 5;
/** 82 minutes: what the real provider gives an installation. */
const DEADLINE_SECONDS = 4920;

type Statuses = readonly string[];
const SERVER_MOVES: Statuses = Baremetalv1.SERVER_TRANSIENT_STATUSES;
const INSTALL_MOVES: Statuses = Baremetalv1.SERVER_INSTALL_TRANSIENT_STATUSES;
const NETWORK_MOVES: Statuses = Baremetalv3.SERVER_PRIVATE_NETWORK_TRANSIENT_STATUSES;

export function bareMetalPath(inZone: string): string {
  return `/baremetal/v1/zones/${inZone}`;
}

export function serverPath(inZone: string, id: string): string {
  return `${bareMetalPath(inZone)}/servers/${id}`;
}

export function getServer(call: Call, inZone: string, id: string): Promise<Server> {
  return call.api.get<Server>(serverPath(inZone, id));
}

export function getOffer(call: Call, inZone: string, id: string): Promise<Offer> {
  return call.api.get<Offer>(`${bareMetalPath(inZone)}/offers/${id}`);
}

export function getOs(call: Call, inZone: string, id: string): Promise<Os> {
  return call.api.get<Os>(`${bareMetalPath(inZone)}/os/${id}`);
}

type Period = "hourly" | "monthly" | "unknown_subscription_period";

export function listOffers(call: Call, inZone: string, period: Period): Promise<Offer[]> {
  return call.api.pages<Offer>(`${bareMetalPath(inZone)}/offers`, "offers", { subscription_period: period });
}

/** Hourly offers first, monthly ones only if needed. */
export async function findOfferById(call: Call, inZone: string, id: string): Promise<Offer | undefined> {
  for (const period of ["hourly", "monthly"] as const) {
    const found = (await listOffers(call, inZone, period)).find((offer) => offer.id === id);
    if (found) return found;
  }
  return undefined;
}

/** The API's default list, which holds hourly offers; upper and lower case count. */
export async function findOfferByName(call: Call, inZone: string, offerName: string): Promise<Offer> {
  const offers = await listOffers(call, inZone, "unknown_subscription_period");
  const found = offers.find((offer) => offer.name === offerName);
  if (found) return found;
  throw new Error(`scaleway-sdk-go: could not find the offer ID from name ${offerName}`);
}

export async function listNetworks(call: Call, inZone: string, serverId: string): Promise<ServerNetwork[]> {
  const answer = await call.api.get<{ server_private_networks: ServerNetwork[] }>(
    `/baremetal/v3/zones/${inZone}/server-private-networks`,
    { order_by: "created_at_asc", server_id: serverId },
  );
  return answer.server_private_networks;
}

export function waitForServer(call: Call, inZone: string, id: string): Promise<Server> {
  return call.wait({
    what: "the server's order",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => getServer(call, inZone, id),
    done: (server) => !SERVER_MOVES.includes(server.status),
  });
}

/** A failed installation ends the wait, too: the real provider does not look at the outcome. */
export function waitForInstall(call: Call, inZone: string, id: string): Promise<Server> {
  return call.wait({
    what: "the installation",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => getServer(call, inZone, id),
    done: (server) => !server.install || !INSTALL_MOVES.includes(server.install.status),
  });
}

/** Until none of the options is there any more. */
export function waitForOptionsGone(call: Call, inZone: string, id: string, options: string[]): Promise<Server> {
  return call.wait({
    what: "the options' removal",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => getServer(call, inZone, id),
    done: (server) => !server.options.some((option) => options.includes(option.id)),
  });
}

export function waitForNetworks(call: Call, inZone: string, id: string): Promise<ServerNetwork[]> {
  return call.wait({
    what: "the Private Networks",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => listNetworks(call, inZone, id),
    done: (networks) => !networks.some((network) => NETWORK_MOVES.includes(network.status)),
  });
}

/** Until the server has left all its networks. */
export function waitForNetworksGone(call: Call, inZone: string, id: string): Promise<ServerNetwork[]> {
  return call.wait({
    what: "the Private Networks' removal",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: () => listNetworks(call, inZone, id),
    done: (networks) => networks.length === 0,
  });
}

/** Until the API knows the server no more. */
export async function waitForServerGone(call: Call, inZone: string, id: string): Promise<void> {
  await call.wait({
    what: "the server's removal",
    intervalSeconds: POLL_SECONDS,
    deadlineSeconds: DEADLINE_SECONDS,
    poll: async () => {
      try {
        return await getServer(call, inZone, id);
      } catch (error) {
        if (isStatus(error, 404)) return undefined;
        throw error;
      }
    },
    done: (server) => server === undefined,
  });
}
