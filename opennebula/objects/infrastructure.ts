// SPDX-License-Identifier: Apache-2.0
import { attributeText, templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { bigFromXml, namedFromXml, ownedFromXml, type Named, type Owned } from "./parts";

export interface Cluster extends Named {
  hostIds: number[];
  datastoreIds: number[];
  networkIds: number[];
  template: Template;
}

export enum DatastoreType {
  Image = 0,
  System = 1,
  File = 2,
  Backup = 3,
}

export enum DatastoreState {
  Ready = 0,
  Disabled = 1,
}

export interface Datastore extends Owned {
  /** See {@link DatastoreType}. */
  type: number;
  /** See {@link DatastoreState}. */
  state: number;
  dsMad: string;
  tmMad: string;
  basePath: string;
  clusterIds: number[];
  imageIds: number[];
  /** MiB; 0 until the first monitoring. */
  totalMb: bigint;
  /** MiB; 0 until the first monitoring. */
  freeMb: bigint;
  usedMb: bigint;
  template: Template;
}

export enum ZoneState {
  Enabled = 0,
  Disabled = 1,
}

export interface Zone extends Named {
  /** See {@link ZoneState}. */
  state: number;
  endpoint: string;
  servers: ZoneServer[];
  template: Template;
}

/** A member of a zone's high-availability cluster. */
export interface ZoneServer extends Named {
  endpoint: string;
}

export enum RaftState {
  Solo = 0,
  Candidate = 1,
  Follower = 2,
  Leader = 3,
}

/** What one oned says of its part in a high-availability cluster. */
export interface RaftStatus {
  serverId: number;
  /** See {@link RaftState}. */
  state: number;
  term: number;
  commit: number;
  logIndex: number;
  fedLogIndex: number;
}

export function clusterFromXml(element: XmlElement): Cluster {
  return {
    ...namedFromXml(element),
    hostIds: element.ids("HOSTS"),
    datastoreIds: element.ids("DATASTORES"),
    networkIds: element.ids("VNETS"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function datastoreFromXml(element: XmlElement): Datastore {
  return {
    ...ownedFromXml(element),
    type: element.int("TYPE", -1),
    state: element.int("STATE", -1),
    dsMad: element.value("DS_MAD"),
    tmMad: element.value("TM_MAD"),
    basePath: element.value("BASE_PATH"),
    clusterIds: element.ids("CLUSTERS"),
    imageIds: element.ids("IMAGES"),
    totalMb: bigFromXml(element, "TOTAL_MB"),
    freeMb: bigFromXml(element, "FREE_MB"),
    usedMb: bigFromXml(element, "USED_MB"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

export function zoneFromXml(element: XmlElement): Zone {
  const template = templateFromXml(element.child("TEMPLATE"));
  const servers = element.child("SERVER_POOL")?.all("SERVER") ?? [];
  return {
    ...namedFromXml(element),
    state: element.int("STATE", 0),
    endpoint: attributeText(template, "ENDPOINT") ?? "",
    servers: servers.map((server) => ({ ...namedFromXml(server), endpoint: server.value("ENDPOINT") })),
    template,
  };
}

export function raftStatusFromXml(element: XmlElement): RaftStatus {
  return {
    serverId: element.int("SERVER_ID", -1),
    state: element.int("STATE", -1),
    term: element.int("TERM", 0),
    commit: element.int("COMMIT", -1),
    logIndex: element.int("LOG_INDEX", -1),
    fedLogIndex: element.int("FEDLOG_INDEX", -1),
  };
}
