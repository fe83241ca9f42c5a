// SPDX-License-Identifier: Apache-2.0
import catalogue from "../data/catalogue.json";
import { notFound } from "../core/errors";
import type { JsonObject } from "../core/json";
import { paginate } from "../core/lists";
import type { ServerOption } from "../core/model";
import { ok, type Route } from "../core/router";
import type { World } from "../core/world";

type Period = "hourly" | "monthly";

interface OfferData {
  name: string;
  range: string;
  cpus: { name: string; core_count: number; thread_count: number; frequency: number }[];
  memory: number;
  memoryType?: string;
  memoryFrequency?: number;
  benchmark?: string;
  tags?: string[];
  disks: (string | number)[][];
  bandwidth: number;
  privateBandwidth: number;
  incompatibleOs: number;
  hourly: PeriodData;
  monthly?: PeriodData;
}

interface PeriodData {
  id: string;
  price: number | null;
  fee: number;
  seen: string;
  options: (string | number)[][];
}

interface OsField {
  default_value: string | null;
  editable: boolean;
  required: boolean;
}

interface OsData {
  id: string;
  name: string;
  version: string;
  logo?: string;
  off?: boolean;
  user?: OsField;
  password?: OsField;
  service_user?: OsField;
  service_password?: OsField;
  ssh?: OsField;
  license_required?: boolean;
  custom_partitioning_supported?: boolean;
  cloud_init_supported?: boolean;
}

/** An offer in one of its two billing periods, which have ids of their own. */
export interface Offer {
  data: OfferData;
  period: Period;
  terms: PeriodData;
}

const offerData: OfferData[] = catalogue.offers;
const osData: OsData[] = catalogue.os;
const noField: OsField = { default_value: null, editable: false, required: false };
const noOs = "00000000-0000-0000-0000-000000000000";

const offers: Offer[] = offerData.flatMap((data) => [
  { data, period: "hourly" as const, terms: data.hourly },
  ...(data.monthly === undefined ? [] : [{ data, period: "monthly" as const, terms: data.monthly }]),
]);

/** @throws ApiError 404 */
export function findOffer(id: string): Offer {
  const offer = offers.find(({ terms }) => terms.id === id);
  if (offer === undefined) throw notFound("offer", id);
  return offer;
}

/** The same offer billed by the month, where it exists. */
export function monthlyOf(offer: Offer): Offer | undefined {
  return offers.find(({ data, period }) => data === offer.data && period === "monthly");
}

/** @throws ApiError 404 */
export function findOs(id: string): OsData {
  const os = osData.find((candidate) => candidate.id === id);
  if (os === undefined) throw notFound("os", id);
  return os;
}

export function isCompatible(offer: Offer, osId: string): boolean {
  return !(catalogue.incompatibleOsSets[offer.data.incompatibleOs] ?? []).includes(osId);
}

/** Whether an installation of this system must be given the field (`ssh`, `user`, `password`, ...). */
export function requires(
  os: OsData,
  field: "user" | "password" | "service_user" | "service_password" | "ssh",
): boolean {
  const { required, default_value } = os[field] ?? noField;
  return required && default_value === null;
}

export function defaultUser(os: OsData): string {
  return os.user?.default_value ?? "root";
}

/**
 * An option of an offer as a server shows it.
 * @throws ApiError 404 for an id that no option has; undefined where the offer lacks the option
 */
export function optionFor(offer: Offer, id: string): Omit<ServerOption, "status" | "expires_at"> | undefined {
  const option = catalogue.options.find((candidate) => candidate.id === id);
  if (option === undefined) throw notFound("option", id);
  if (!offer.terms.options.some(([optionId]) => optionId === id)) return undefined;
  return { id, name: option.name, manageable: option.manageable, ...optionDetail(option.name, 0) };
}

type OptionDetail = Pick<
  ServerOption,
  "private_network" | "public_bandwidth" | "remote_access" | "license" | "certification"
>;

// Which of its union's fields an option has depends on what it is; the general list has no private bandwidth.
function optionDetail(name: string, privateBandwidth: number): OptionDetail {
  const gigabits = /^Public Bandwidth (\d+)Gbps$/.exec(name)?.[1];
  if (gigabits !== undefined) return { public_bandwidth: { bandwidth_in_bps: Number(gigabits) * 1e9 } };
  if (name === "Private Network") return { private_network: { bandwidth_in_bps: privateBandwidth } };
  if (name.startsWith("Windows")) return { license: { os_id: noOs } };
  if (name === "HDS") return { certification: {} };
  return { remote_access: {} };
}

function money(amount: number): JsonObject {
  const units = Math.floor(amount + 1e-9);
  return { currency_code: "EUR", units, nanos: Math.round((amount - units) * 1e9) };
}

function offerView({ data, period, terms }: Offer, zone: string, isEmpty: boolean): JsonObject {
  const price = money(terms.price ?? 0);
  const bandwidths = terms.options.map(([id]) => /(\d+)Gbps/.exec(optionName(String(id)))?.[1] ?? "0");
  return {
    id: terms.id,
    name: data.name,
    stock: isEmpty ? "empty" : "available",
    bandwidth: data.bandwidth,
    max_bandwidth: Math.max(data.bandwidth, ...bandwidths.map((gigabits) => Number(gigabits) * 1e9)),
    commercial_range: data.range,
    price_per_hour: period === "hourly" ? price : null,
    price_per_month: period === "monthly" ? price : null,
    disks: data.disks.map(([type, capacity]) => ({ type: type ?? "", capacity: capacity ?? 0 })),
    enable: true,
    cpus: data.cpus.map((cpu) => ({ ...cpu, benchmark: data.benchmark ?? "" })),
    memories: [
      { capacity: data.memory, type: data.memoryType ?? "", frequency: data.memoryFrequency ?? 0, is_ecc: true },
    ],
    quota_name: data.name.replaceAll("-", "_"),
    persistent_memories: [],
    raid_controllers: [],
    gpus: [],
    incompatible_os_ids: catalogue.incompatibleOsSets[data.incompatibleOs] ?? [],
    subscription_period: period,
    operation_path: "",
    fee: money(terms.fee),
    options: terms.options.map(([id, amount, optionPeriod]) => ({
      id: String(id),
      name: optionName(String(id)),
      enabled: false,
      subscription_period: String(optionPeriod),
      price: money(Number(amount)),
      manageable: true,
      os_id: noOs,
      ...(optionDetail(optionName(String(id)), data.privateBandwidth) as JsonObject),
    })),
    private_bandwidth: data.privateBandwidth,
    shared_bandwidth: true,
    tags: data.tags ?? [],
    monthly_offer_id: period === "hourly" ? (data.monthly?.id ?? null) : null,
    zone,
  };
}

function optionName(id: string): string {
  return catalogue.options.find((option) => option.id === id)?.name ?? "";
}

function osView(os: OsData, zone: string): JsonObject {
  const field = (value: OsField = noField): JsonObject => ({ ...value });
  return {
    id: os.id,
    name: os.name,
    version: os.version,
    logo_url: `https://baremetal-logos-fr.s3.fr-par.scw.cloud/${os.logo ?? "custom.svg"}`,
    ssh: field(os.ssh),
    user: field(os.user),
    password: field(os.password),
    service_user: field(os.service_user),
    service_password: field(os.service_password),
    enabled: os.off !== true,
    allowed: os.off !== true,
    license_required: os.license_required === true,
    custom_partitioning_supported: os.custom_partitioning_supported === true,
    zone,
  };
}

/** Whether an order of the offer is refused: by a control call, by its id or its name. */
export function isOutOfStock(world: World, offer: Offer): boolean {
  return world.store.state.outOfStock.some((entry) => entry === offer.terms.id || entry === offer.data.name);
}

/**
 * Elastic Metal's catalogue. It is the same in each zone, and everything is in stock unless a control call says
 * otherwise. Without a period the API lists hourly offers only (recorded).
 */
export function catalogueRoutes(world: World): Route[] {
  const base = "/baremetal/v1/zones/:zone";
  const route = (pattern: string, handle: Route["handle"]): Route => {
    return { method: "GET", pattern: `${base}${pattern}`, product: "baremetal", resource: "offer", handle };
  };
  const view = (offer: Offer, zone: string): JsonObject => offerView(offer, zone, isOutOfStock(world, offer));
  return [
    route("/offers", ({ query, params }) => {
      const period = query.get("subscription_period") === "monthly" ? "monthly" : "hourly";
      const name = query.get("name");
      const found = offers.filter((offer) => offer.period === period && (name === null || offer.data.name === name));
      const { items, total } = paginate(found, query, {});
      return ok({ offers: items.map((offer) => view(offer, params["zone"] ?? "")), total_count: total });
    }),
    route("/offers/:id", ({ params }) => ok(view(findOffer(params["id"] ?? ""), params["zone"] ?? ""))),
    route("/os", ({ query, params }) => {
      const offerId = query.get("offer_id");
      const offer = offerId === null ? undefined : findOffer(offerId);
      const found = osData.filter((os) => offer === undefined || isCompatible(offer, os.id));
      const { items, total } = paginate(found, query, {});
      return ok({ os: items.map((os) => osView(os, params["zone"] ?? "")), total_count: total });
    }),
    route("/os/:id", ({ params }) => ok(osView(findOs(params["id"] ?? ""), params["zone"] ?? ""))),
    route("/options", ({ query }) => {
      const name = query.get("name");
      const found = catalogue.options.filter((option) => name === null || option.name === name);
      const { items, total } = paginate(found, query, {});
      return ok({ options: items.map(listedOption), total_count: total });
    }),
    route("/options/:id", ({ params }) => {
      const option = catalogue.options.find(({ id }) => id === params["id"]);
      if (option === undefined) throw notFound("option", params["id"] ?? "");
      return ok(listedOption(option));
    }),
  ];
}

function listedOption(option: { id: string; name: string; manageable: boolean }): object {
  return { ...option, ...optionDetail(option.name, 0) };
}
