// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { hookExecutionFromXml, type HookExecution } from "../objects/automation";
import type { TemplateVector } from "../template/template";
import { parseXml } from "../xml";
import { ObjectCalls } from "./objects";
import { ScheduledCalls } from "./schedule";
import { vectorText } from "./parameters";

/** Which executions {@link HookCalls.log} gives. */
export interface HookLogQuery {
  /** Seconds since 1970. @default any */
  from?: number;
  /** Seconds since 1970. @default any */
  until?: number;
  /** @default all hooks */
  hookId?: number;
  /** @default any outcome */
  outcome?: "success" | "failure";
}

/** Calls that only hooks have. */
export class HookCalls extends ObjectCalls<"hook"> {
  constructor(client: OneClient) {
    super(client, "hook");
  }

  /** Runs an execution again. */
  async retry(id: number, executionId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.hook.retry", [id, executionId], options);
  }

  async log(query: HookLogQuery = {}, options?: CallOptions): Promise<HookExecution[]> {
    const { from = -1, until = -1, hookId = -1, outcome } = query;
    const code = outcome === undefined ? 0 : outcome === "success" ? 1 : -1;
    const xml = await this.client.call("one.hooklog.info", [from, until, hookId, code], options);
    const executions: HookExecution[] = [];
    parseXml("one.hooklog.info", xml, (element) => {
      executions.push(hookExecutionFromXml(element));
    });
    return executions;
  }
}

/** Calls that only backup jobs have. */
export class BackupJobCalls extends ScheduledCalls<"backupjob"> {
  constructor(client: OneClient) {
    super(client, "backupjob");
  }

  /** Starts the job now. */
  async backup(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.backupjob.backup", [id], options);
  }

  async cancel(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.backupjob.cancel", [id], options);
  }

  /** Backs the VMs up again whose backup failed. */
  async retry(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.backupjob.retry", [id], options);
  }

  /** @param priority - 0 to 50, high first; only oneadmin's group may give much. */
  async setPriority(id: number, priority: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.backupjob.priority", [id, priority], { repeatable: true, ...options });
  }
}

/** Calls that only documents have. */
export class DocumentCalls extends ObjectCalls<"document"> {
  constructor(client: OneClient) {
    super(client, "document");
  }

  /** @returns the id of the copy. */
  async clone(id: number, name: string, options?: CallOptions): Promise<number> {
    return this.client.call("one.document.clone", [id, name], options);
  }
}

/** Calls that only VM groups have. */
export class VmGroupCalls extends ObjectCalls<"vmgroup"> {
  constructor(client: OneClient) {
    super(client, "vmgroup");
  }

  /** Adds a role, e.g. `{ NAME: "web", POLICY: "ANTI_AFFINED" }`. */
  async addRole(id: number, role: TemplateVector, options?: CallOptions): Promise<void> {
    await this.client.call("one.vmgroup.roleadd", [id, vectorText("ROLE", role)], options);
  }

  async updateRole(id: number, role: { id: number; attributes: TemplateVector }, options?: CallOptions): Promise<void> {
    const text = vectorText("ROLE", role.attributes);
    await this.client.call("one.vmgroup.roleupdate", [id, role.id, text], { repeatable: true, ...options });
  }

  async removeRole(id: number, roleId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vmgroup.roledelete", [id, roleId], options);
  }
}
