// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { backupSource, driverDatastore } from "../images/job";
import { IMAGE_TYPES, isFile } from "../images/states";
import type { Template } from "../template";
import { get, set, without } from "../template";

const STAT_SECONDS = 30;
const fail = (message: string): Failure => new Failure(Code.INTERNAL, message);

/** Where a new image comes from: a marketplace app that the template names, or what the template itself says, and its size in MiB. */
export async function sourceOf(
  context: CallContext,
  given: Template,
  datastore: Entity<"datastore">,
): Promise<{ attributes: Template; sizeMb: number }> {
  const app = get(given, "FROM_APP") ?? "";
  if (/^-?\d+$/.test(app)) return fromApp(context, given, datastore, Number(app));
  return { attributes: given, sizeMb: await sizeOf(context, given, datastore) };
}

function fromApp(
  context: CallContext,
  given: Template,
  datastore: Entity<"datastore">,
  id: number,
): { attributes: Template; sizeMb: number } {
  const app = context.state.find("marketapp", id);
  if (app === undefined) throw fail("Cannot determine image SIZE.");
  if (context.state.find("market", app.data.market) === undefined) throw fail("Could not get the appliance's market.");
  const { source, format, md5, sizeMb } = app.data;
  const told = { FROM_APP_NAME: app.name, PATH: source, FORMAT: format, FROM_APP_MD5: md5 };
  const attributes = Object.entries(told).reduce((all, [name, value]) => set(all, name, value), given);
  // The datastore's driver goes before the app's.
  const forced = (get(datastore.template, "DRIVER") ?? "") !== "";
  return { attributes: forced ? without(attributes, "DRIVER") : attributes, sizeMb };
}

/** Size of a new image, MiB: of a datablock what was asked for, of a file what the datastore's driver says. */
async function sizeOf(context: CallContext, given: Template, datastore: Entity<"datastore">): Promise<number> {
  const refused = (reason: string): Failure => fail(`Cannot parse image SIZE: ${reason}`);
  const [path, source, size] = ["PATH", "SOURCE", "SIZE"].map((name) => get(given, name) ?? "");
  const type = IMAGE_TYPES.indexOf((get(given, "TYPE") ?? "").toUpperCase());
  if (path === "" && source === "" && (type === 1 || isFile(type))) {
    throw refused(`Either PATH or SOURCE are required for ${get(given, "TYPE") ?? ""}`);
  }
  if (path === "" || source !== "") {
    if (!/^\s*\d+/.test(size ?? "")) throw refused("Wrong number or missing SIZE attribute.");
    return parseInt(size ?? "", 10);
  }
  const driver = context.work.drivers.image(datastore.data.dsMad);
  if (driver === undefined) throw refused(`no datastore driver ${datastore.data.dsMad}`);
  try {
    const job = { id: -1, path: path ?? "", source: "", sizeMb: 0, format: "", fs: "" };
    const signal = AbortSignal.timeout(STAT_SECONDS * 1000);
    const late = new Promise<never>((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Error(`no answer within ${STAT_SECONDS} s`)), { once: true });
    });
    late.catch(() => undefined);
    const from = backupSource(context, job.path);
    const asked = driver.stat({ ...job, ...from, datastore: driverDatastore(context, datastore.id), signal });
    return (await Promise.race([asked, late])).sizeMb;
  } catch (error) {
    throw refused(error instanceof Error ? error.message : "unknown error");
  }
}
