// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, checkName, create, find, takeName, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { ImageState } from "../images/states";
import type { Params } from "../params";
import type { Template } from "../template";
import { get, set, without } from "../template";
import { AFTER_DELETE, AFTER_UPDATE, CHOWN_GUARDS, DELETE_GUARDS } from "./common";
import { action } from "./network";

const MarketState = { ENABLED: 0, DISABLED: 1 } as const;
const AppState = { READY: 1, LOCKED: 2, ERROR: 3, DISABLED: 4 } as const;
const APP_TYPES = ["UNKNOWN", "IMAGE", "VMTEMPLATE", "SERVICE_TEMPLATE"];
const IMAGE = 1;

const internal = (message: string): Failure => new Failure(Code.INTERNAL, message);

/** A marketplace's driver in oned.conf; throws what oned says about a missing one. */
function driver(context: Pick<CallContext, "config">, name: string): Record<string, string> {
  const conf = context.config.vectors("MARKET_MAD_CONF").find(({ NAME }) => NAME === name);
  if (conf === undefined) throw internal(`MARKET_MAD_CONF named "${name}" is not defined in oned.conf`);
  return conf;
}

function checkDriver(context: CallContext, name: string, given: Template): void {
  const names = (driver(context, name).REQUIRED_ATTRS ?? "").split(",").map((attribute) => attribute.trim());
  const missing = names.find((attribute) => attribute !== "" && (get(given, attribute) ?? "") === "");
  if (missing === undefined) return;
  throw internal(`MarketPlace template is missing the "${missing}" attribute or it's empty.`);
}

/** Whether the marketplace's driver can do that with apps. */
const can = (context: CallContext, market: Entity<"market">, what: string): boolean =>
  (driver(context, market.data.mad).APP_ACTIONS ?? "")
    .split(",")
    .map((word) => word.trim())
    .includes(what);

const zoneOf = (context: CallContext): string => context.config.vectors("FEDERATION")[0]?.ZONE_ID ?? "0";

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  authorize(context, ["CREATE", { type: "MARKETPLACE" }]);
  const { name, rest } = takeName(given);
  checkName(name);
  const mad = get(rest, "MARKET_MAD") ?? "";
  if (mad === "") throw internal("No marketplace driver (MARKET_MAD) in template.");
  checkDriver(context, mad, rest);
  const asked = (get(rest, "STATE") ?? "").toUpperCase();
  const state = asked === "DISABLED" ? MarketState.DISABLED : MarketState.ENABLED;
  const kept = without(rest, "ZONE_ID", ...(asked in MarketState ? ["STATE"] : []));
  return create(context, "market", { name, template: kept, data: { state, mad, zone: zoneOf(context) } }).id;
}

AFTER_UPDATE.market = (context, market) => {
  const mad = get(market.template, "MARKET_MAD") ?? "";
  if (mad !== "") checkDriver(context, mad, market.template);
  if (mad !== "") market.data.mad = mad;
  market.template = set(market.template, "MARKET_MAD", market.data.mad);
};

const appsOf = (context: CallContext, market: Entity<"market">): Entity<"marketapp">[] =>
  context.state.all("marketapp").filter((app) => app.data.market === market.id);

const isPublic = (context: CallContext, market: Entity<"market">): boolean =>
  /^yes$/i.test(driver(context, market.data.mad).PUBLIC ?? "");

DELETE_GUARDS.market = (context, market) => {
  return isPublic(context, market) || appsOf(context, market).length === 0
    ? undefined
    : `marketplace  ${market.id} is not empty.`;
};
AFTER_DELETE.market = (context, market) => {
  for (const app of appsOf(context, market)) context.state.remove("marketapp", app.id);
};

/** A marketplace that is switched off forgets its apps, which its monitoring brings back. */
function enable(context: CallContext, params: Params): number {
  const [id, on] = [params.int(0), params.boolean(1)];
  const market = use(context, "market", id, "MANAGE");
  const state = on ? MarketState.ENABLED : MarketState.DISABLED;
  if (market.data.state === state) return id;
  market.data.state = state;
  if (!on) AFTER_DELETE.market?.(context, market);
  context.state.touch("market", market);
  return id;
}

function allocateApp(context: CallContext, params: Params): number {
  const [text, marketId] = [params.string(0), params.int(1)];
  const given = template(text);
  authorize(context, ["CREATE", { type: "MARKETPLACEAPP" }]);
  const market = context.state.find("market", marketId);
  if (market === undefined) throw internal("Cannot find associated MARKETPLACE");
  if (!can(context, market, "create")) throw action(`Create disabled for market: ${market.name}`);
  const { name, rest } = takeName(given);
  checkName(name);
  const origin = get(rest, "ORIGIN_ID") ?? "";
  if (!/^-?\d+$/.test(origin)) throw internal("Missing ORIGIN_ID for the MARKETPLACEAPP");
  const typeName = get(rest, "TYPE") ?? "";
  const type = typeName === "" ? IMAGE : Math.max(0, APP_TYPES.indexOf(typeName.toUpperCase()));
  const app = create(context, "marketapp", {
    name,
    template: without(rest, "ZONE_ID", "SOURCE", "SIZE", "MD5", "FORMAT", "REGTIME", "ORIGIN_ID"),
    data: {
      ...{ regtime: context.now, zone: zoneOf(context), origin: Number(origin), source: "", md5: "", sizeMb: 0 },
      ...{ description: "", version: "0.0", format: "", template64: "", market: market.id, type },
      state: type > IMAGE ? AppState.READY : AppState.LOCKED,
    },
  });
  wellKnown(app);
  if (type === IMAGE || type === 0) lockOrigin(context, app);
  return app.id;
}

/** Attributes that are fields of an app too. */
function wellKnown(app: Entity<"marketapp">): void {
  const { template: given, data } = app;
  data.description = get(given, "DESCRIPTION") ?? data.description;
  data.version = (get(given, "VERSION") ?? "") || data.version;
  data.template64 = get(given, "APPTEMPLATE64") ?? data.template64;
}

/**
 * The image is locked while a driver reads it. The stand-in has no drivers of marketplaces: the app stays as it is
 * while its driver works. An app that cannot be begun stays, in the state ERROR, although the call fails.
 */
function lockOrigin(context: CallContext, app: Entity<"marketapp">): void {
  const image = context.state.find("image", app.data.origin);
  const { READY, CLONE } = ImageState;
  const ready = image !== undefined && ([READY, CLONE] as number[]).includes(image.data.state);
  if (app.data.type === IMAGE && ready) {
    image.data.state = CLONE;
    image.data.appClones = [...image.data.appClones, app.id];
    context.state.touch("image", image);
    return;
  }
  app.data.state = AppState.ERROR;
  const type = app.data.type !== IMAGE ? "Marketplace app type not supported" : undefined;
  const reason = type ?? (image === undefined ? "Image does not exist" : "Cannot clone image in current state");
  throw internal(reason).keep();
}

AFTER_UPDATE.marketapp = (_context, app) => {
  wellKnown(app);
  app.template = without(app.template, "SOURCE", "SIZE", "MD5", "FORMAT", "REGTIME", "ORIGIN_ID");
};
CHOWN_GUARDS.marketapp = (context, app) => {
  const market = context.state.find("market", app.data.market);
  if (market === undefined || !isPublic(context, market)) return;
  const reason = "Changing the ownership for an App from the public Marketplace is not permitted";
  throw internal(`App ${app.id}: ${reason}`);
};
DELETE_GUARDS.marketapp = (context, app) => {
  const market = find(context, "market", app.data.market);
  return can(context, market, "delete") ? undefined : `Delete disabled for market: ${market.name}`;
};
AFTER_DELETE.marketapp = (context, app) => {
  const image = context.state.find("image", app.data.origin);
  if (app.data.type !== IMAGE || app.data.state !== AppState.LOCKED || image === undefined) return;
  image.data.appClones = image.data.appClones.filter((id) => id !== app.id);
  const idle = image.data.appClones.length === 0 && image.data.clones.length === 0;
  if (idle && image.data.state === ImageState.CLONE) image.data.state = ImageState.READY;
  context.state.touch("image", image);
};

function enableApp(context: CallContext, params: Params): number {
  const [id, on] = [params.int(0), params.boolean(1)];
  const app = use(context, "marketapp", id, "MANAGE");
  const { READY, DISABLED } = AppState;
  if (app.data.state === READY || app.data.state === DISABLED) app.data.state = on ? READY : DISABLED;
  context.state.touch("marketapp", app);
  return id;
}

export const marketMethods: Methods = {
  "one.market.allocate": allocate,
  "one.market.enable": enable,
  "one.marketapp.allocate": allocateApp,
  "one.marketapp.enable": enableApp,
};
