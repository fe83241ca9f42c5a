// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { quotasFromXml, quotaTemplate, type Quotas } from "../objects/quotas";
import { buildTemplate } from "../template/build";
import { parseXml } from "../xml";
import { ObjectCalls } from "./objects";

/** What users and groups have: limits of each, and oned's defaults for those without a limit of their own. */
class QuotaCalls<K extends "user" | "group"> extends ObjectCalls<K> {
  /** Sets limits; sections and limits that are left out stay. Use, which oned counts, is not sent. */
  async setQuotas(id: number, quotas: Partial<Quotas>, options?: CallOptions): Promise<void> {
    const text = buildTemplate(quotaTemplate(quotas), "quotas");
    const kind: "user" | "group" = this.kind;
    await this.client.call(`one.${kind}.quota`, [id, text], { repeatable: true, ...options });
  }

  async defaultQuotas(options?: CallOptions): Promise<Quotas> {
    const kind: "user" | "group" = this.kind;
    const method = `one.${kind}quota.info` as const;
    return quotasFromXml(parseXml(method, await this.client.call(method, [], options)));
  }

  /** @returns the defaults as they are now. */
  async setDefaultQuotas(quotas: Partial<Quotas>, options?: CallOptions): Promise<Quotas> {
    const kind: "user" | "group" = this.kind;
    const method = `one.${kind}quota.update` as const;
    const text = buildTemplate(quotaTemplate(quotas), "quotas");
    return quotasFromXml(parseXml(method, await this.client.call(method, [text], { repeatable: true, ...options })));
  }
}

/** A login token to be made, changed or taken back. */
export interface TokenRequest {
  userName: string;
  /** @default a new one */
  token?: string;
  /** How long it is good; -1 for ever, 0 takes it back. */
  seconds: number;
  /** The only group that the token gives the rights of. @default all of the user's */
  groupId?: number;
}

/** Calls that only users have. */
export class UserCalls extends QuotaCalls<"user"> {
  constructor(client: OneClient) {
    super(client, "user");
  }

  async setPassword(id: number, password: string, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.passwd", [id, password], { repeatable: true, ...options });
  }

  /**
   * Changes how the user is authenticated. oned accepts a driver that does not exist; every call of that user then fails.
   *
   * @param auth - without a password the old one stays, as the driver sees it.
   */
  async setAuth(id: number, auth: { driver: string; password?: string }, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.chauth", [id, auth.driver, auth.password ?? ""], { repeatable: true, ...options });
  }

  async setPrimaryGroup(id: number, groupId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.chgrp", [id, groupId], { repeatable: true, ...options });
  }

  async addGroup(id: number, groupId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.addgroup", [id, groupId], options);
  }

  async removeGroup(id: number, groupId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.delgroup", [id, groupId], options);
  }

  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.user.enable", [id, enabled], { repeatable: true, ...options });
  }

  /** @returns the token, which is a secret. */
  async login(request: TokenRequest, options?: CallOptions): Promise<string> {
    const { userName, token = "", seconds, groupId = -1 } = request;
    return this.client.call("one.user.login", [userName, token, seconds, groupId], options);
  }
}

/** Calls that only groups have. A group made here has no access rules yet: see {@link AclCalls}. */
export class GroupCalls extends QuotaCalls<"group"> {
  constructor(client: OneClient) {
    super(client, "group");
  }

  /** The user must be in the group. */
  async addAdmin(id: number, userId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.group.addadmin", [id, userId], options);
  }

  async removeAdmin(id: number, userId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.group.deladmin", [id, userId], options);
  }
}

/** A resource of a virtual data centre; {@link ALL_RESOURCES} as id means all of the zone. */
export interface VdcMember {
  kind: "cluster" | "host" | "datastore" | "vnet";
  zoneId: number;
  id: number;
}

/** Calls that only virtual data centres have. */
export class VdcCalls extends ObjectCalls<"vdc"> {
  constructor(client: OneClient) {
    super(client, "vdc");
  }

  async addGroup(id: number, groupId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vdc.addgroup", [id, groupId], options);
  }

  async removeGroup(id: number, groupId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vdc.delgroup", [id, groupId], options);
  }

  async add(id: number, member: VdcMember, options?: CallOptions): Promise<void> {
    await this.client.call(`one.vdc.add${member.kind}`, [id, member.zoneId, member.id], options);
  }

  async remove(id: number, member: VdcMember, options?: CallOptions): Promise<void> {
    await this.client.call(`one.vdc.del${member.kind}`, [id, member.zoneId, member.id], options);
  }
}
