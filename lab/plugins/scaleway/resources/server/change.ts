// SPDX-License-Identifier: Apache-2.0
import type { PropertyMap, PropertyValue } from "../../../../../provider/grpc/provider";
import type { Call, Change } from "../../core/resource";
import { flag, objects, text, texts } from "../../core/values";
import { plainId } from "../../locality";
import { patchOf } from "../common";
import {
  findOfferById,
  findOfferByName,
  getOs,
  getServer,
  serverPath,
  waitForInstall,
  waitForNetworks,
  waitForOptionsGone,
  waitForServer,
} from "./api";
import type { Offer, Os, Server } from "./api";
import { INSTALL_SETTINGS, isOfferId, networkMap } from "./schema";

export function findOffer(call: Call, inZone: string, wanted: string): Promise<Offer | undefined> {
  return isOfferId(wanted) ? findOfferById(call, inZone, plainId(wanted)) : findOfferByName(call, inZone, wanted);
}

/** The changes of an existing server, in the real provider's order: options, networks, settings, installation. */
export async function changeServer(call: Call, inZone: string, id: string, change: Change): Promise<void> {
  const server = await getServer(call, inZone, id);
  if (change.has("partitioning")) partitioningSchema(text(change.planned.partitioning));
  if (change.has("offer")) {
    await call.api.post(`${serverPath(inZone, id)}/migrate-offer-monthly`);
    await waitForServer(call, inZone, id);
  }
  if (change.has("options")) await changeOptions(call, inZone, id, change);
  if (change.has("privateNetworks")) await setNetworks(call, inZone, id, objects(change.planned.privateNetworks));
  const body = patchOf(change, { name: "name", description: "description", tags: "tags", protected: "protected" });
  if (change.has("cloudInit")) body.user_data = encoded(text(change.planned.cloudInit));
  if (Object.keys(body).length > 0) await call.api.patch(serverPath(inZone, id), body);
  if (change.has("os")) await install(call, inZone, server, change.planned);
  if (change.has(...INSTALL_SETTINGS)) {
    if (flag(change.planned.reinstallOnConfigChanges) || flag(change.planned.installConfigAfterward)) {
      await install(call, inZone, server, change.planned);
    } else if (!change.has("os")) {
      call.warn(`server ${text(change.planned.name)}: ${CHANGED_SETTINGS}`);
    }
  }
}

const CHANGED_SETTINGS =
  "a changed key, user or password takes effect with a new installation only, which reinstallOnConfigChanges allows";

export function encoded(cloudInit: string): string {
  return Buffer.from(cloudInit, "utf8").toString("base64");
}

async function changeOptions(call: Call, inZone: string, id: string, change: Change): Promise<void> {
  const key = (option: PropertyMap): string => `${text(option.id)} ${text(option.expiresAt)}`;
  const [before, after] = [sorted(change.prior.options), sorted(change.planned.options)];
  const gone = before.filter((option) => !after.some((other) => key(other) === key(option)));
  const more = after.filter((option) => !before.some((other) => key(other) === key(option)));
  for (const option of gone) await call.api.delete(optionPath(inZone, id, option));
  await waitForOptionsGone(
    call,
    inZone,
    id,
    gone.map((option) => plainId(text(option.id))),
  );
  await addOptions(call, inZone, id, more);
}

/** A set has no order of its own: always the same one. */
function sorted(options: PropertyValue | undefined): PropertyMap[] {
  const byId = (a: PropertyMap, b: PropertyMap): number => (plainId(text(a.id)) < plainId(text(b.id)) ? -1 : 1);
  return objects(options).sort(byId);
}

function optionPath(inZone: string, id: string, option: PropertyMap): string {
  return `${serverPath(inZone, id)}/options/${plainId(text(option.id))}`;
}

/** One call for each; nobody waits for them. */
export async function addOptions(call: Call, inZone: string, id: string, options: PropertyMap[]): Promise<void> {
  for (const option of options) {
    const expiresAt = text(option.expiresAt);
    await call.api.post(optionPath(inZone, id, option), expiresAt ? { expires_at: expiresAt } : {});
  }
}

/** Replaces the whole set of networks. */
export async function setNetworks(call: Call, inZone: string, id: string, networks: PropertyMap[]): Promise<void> {
  const answer = await call.api.put<{ server_private_networks?: unknown[] | null }>(
    `/baremetal/v3/zones/${inZone}/servers/${id}/private-networks`,
    { per_private_network_ipam_ip_ids: networkMap(networks) },
  );
  if (answer.server_private_networks?.length) await waitForNetworks(call, inZone, id);
}

async function install(call: Call, inZone: string, server: Server, planned: PropertyMap): Promise<void> {
  const os = await getOs(call, inZone, plainId(text(planned.os)));
  requireSettings(os, planned);
  await call.api.post(`${serverPath(inZone, server.id)}/install`, {
    os_id: os.id,
    hostname: text(planned.hostname) || text(planned.name),
    ssh_key_ids: texts(planned.sshKeyIds),
    user: text(planned.user) || undefined,
    password: text(planned.password) || text(planned.passwordWo) || undefined,
    service_user: text(planned.serviceUser) || undefined,
    service_password: text(planned.servicePassword) || text(planned.servicePasswordWo) || undefined,
  });
  await waitForInstall(call, inZone, server.id);
}

/** @throws when the text is no JSON. */
export function partitioningSchema(json: string): unknown {
  if (json === "") return null;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Error("partitioning: expected JSON text, as getPartitionSchema answers it");
  }
}

/** @throws when the operating system needs a setting that is not given. */
export function requireSettings(os: Os, planned: PropertyMap): void {
  const missing = (name: string): Error =>
    new Error(`[${name}] ${name} attribute is required: ${name} is required for this os`);
  const given = (...names: string[]): boolean => names.some((name) => text(planned[name]) !== "");
  if (os.user?.required && !given("user")) throw missing("user");
  if (os.password?.required && !given("password", "passwordWo")) throw missing("password");
  if (os.service_password?.required && !given("servicePassword", "servicePasswordWo"))
    throw missing("service_password");
  if (os.service_user?.required && !given("serviceUser")) throw missing("service_user");
}
