// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from "../client";
import type { TemplateVector } from "../template/template";
import { ObjectCalls } from "./objects";
import { vectorText } from "./parameters";

/** What has actions at set times. */
export class ScheduledCalls<K extends "vm" | "backupjob"> extends ObjectCalls<K> {
  /**
   * Adds a time: for a VM e.g. `{ ACTION: "poweroff", TIME: "+3600" }`, for a backup job
   * `{ TIME: "1795460481", REPEAT: "3", DAYS: "1" }`; jobs take no relative times.
   *
   * @returns its id.
   */
  async addSchedule(id: number, action: TemplateVector, options?: CallOptions): Promise<number> {
    return this.send("schedadd", [id, vectorText("SCHED_ACTION", action)], options);
  }

  async updateSchedule(
    id: number,
    action: { id: number; attributes: TemplateVector },
    options?: CallOptions,
  ): Promise<void> {
    const text = vectorText("SCHED_ACTION", action.attributes);
    await this.send("schedupdate", [id, action.id, text], { repeatable: true, ...options });
  }

  async deleteSchedule(id: number, actionId: number, options?: CallOptions): Promise<void> {
    await this.send("scheddelete", [id, actionId], options);
  }
}
