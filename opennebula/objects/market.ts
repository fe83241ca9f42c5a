// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { bigFromXml, ownedFromXml, type Owned } from "./parts";

export enum MarketplaceState {
  Enabled = 0,
  Disabled = 1,
}

export interface Marketplace extends Owned {
  /** See {@link MarketplaceState}. */
  state: number;
  /** Driver, e.g. `one`, `http`, `linuxcontainers`. */
  marketMad: string;
  zoneId: number;
  /** MiB; 0 where the driver does not know. */
  totalMb: bigint;
  freeMb: bigint;
  usedMb: bigint;
  appIds: number[];
  template: Template;
}

/** The numbers in an app's `STATE`. */
export enum MarketplaceAppState {
  Init = 0,
  Ready = 1,
  Locked = 2,
  Error = 3,
  Disabled = 4,
}

/** The numbers in an app's `TYPE`. */
export enum MarketplaceAppType {
  Unknown = 0,
  Image = 1,
  VmTemplate = 2,
  ServiceTemplate = 3,
}

export interface MarketplaceApp extends Owned {
  /** See {@link MarketplaceAppState}. */
  state: number;
  /** See {@link MarketplaceAppType}. */
  type: number;
  /** Seconds since 1970. */
  registeredAt: number;
  marketplaceId: number;
  marketplaceName: string;
  zoneId: number;
  /** The object that the app was made from; -1 for one from outside. */
  originId: number;
  source: string;
  md5: string;
  /** MiB. */
  size: bigint;
  description: string;
  version: string;
  format: string;
  /** What the app gives to what is made of it, decoded: in oned's template syntax, or JSON for a service. Empty if there is none. */
  appTemplate: string;
  template: Template;
}

export function marketplaceFromXml(element: XmlElement): Marketplace {
  return {
    ...ownedFromXml(element),
    state: element.int("STATE", -1),
    marketMad: element.value("MARKET_MAD"),
    zoneId: element.int("ZONE_ID", -1),
    totalMb: bigFromXml(element, "TOTAL_MB"),
    freeMb: bigFromXml(element, "FREE_MB"),
    usedMb: bigFromXml(element, "USED_MB"),
    appIds: element.ids("MARKETPLACEAPPS"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function marketplaceAppFromXml(element: XmlElement): MarketplaceApp {
  return {
    ...ownedFromXml(element),
    state: element.int("STATE", -1),
    type: element.int("TYPE", 0),
    registeredAt: element.int("REGTIME", 0),
    marketplaceId: element.int("MARKETPLACE_ID", -1),
    marketplaceName: element.value("MARKETPLACE"),
    zoneId: element.int("ZONE_ID", -1),
    originId: element.int("ORIGIN_ID", -1),
    source: element.value("SOURCE"),
    md5: element.value("MD5"),
    size: bigFromXml(element, "SIZE"),
    description: element.value("DESCRIPTION"),
    version: element.value("VERSION"),
    format: element.value("FORMAT"),
    appTemplate: Buffer.from(element.value("APPTEMPLATE64"), "base64").toString(),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}
