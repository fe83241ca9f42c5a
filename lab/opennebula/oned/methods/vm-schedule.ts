// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import { vectors } from "../template";
import type { SchedAction } from "../vm/entity";
import { changed, schedActionFrom } from "../vm/schedule";
import { VmState } from "../vm/states";
import type { Vector } from "../vm/vectors";
import { internal, rightFor } from "./vm-common";

type Owner = Entity<"vm"> | Entity<"backupjob">;

/** A VM's scheduled actions answer with the action's number too, a job's do not take relative times. */
function owner(context: CallContext, kind: "vm" | "backupjob", id: number): Owner {
  return kind === "vm"
    ? use(context, "vm", id, rightFor(context, "sched-action"))
    : use(context, "backupjob", id, "MANAGE");
}

function given(text: string, code: number): Vector {
  const vector = vectors(template(text), "SCHED_ACTION")[0];
  if (vector === undefined) throw new Failure(code, "No SCHED_ACTION attribute in template");
  return vector;
}

function held(object: Owner, id: number): SchedAction {
  const found = object.data.schedActions.find((action) => action.id === id);
  if (found === undefined) throw new Failure(Code.NO_EXISTS, `Error getting scheduled action [${id}].`, id);
  return found;
}

function methodsOf(kind: "vm" | "backupjob"): Methods {
  const relative = kind === "vm";
  const touch = (context: CallContext, object: Owner): void => context.state.touch(kind, object);
  return {
    [`one.${kind}.schedadd`]: (context: CallContext, params: Params) => {
      const [id, text] = [params.int(0), params.string(1)];
      const object = owner(context, kind, id);
      if (kind === "vm" && (object as Entity<"vm">).data.state === VmState.DONE) {
        throw internal(`Unable to create Scheduled Action for Virtual Machine ${id}, it's in DONE state`);
      }
      const action = schedActionFrom(context, given(text, Code.ACTION), { start: context.now, relative });
      object.data.schedActions.push(action);
      touch(context, object);
      return action.id;
    },
    [`one.${kind}.schedupdate`]: (context: CallContext, params: Params) => {
      const [id, actionId, text] = [params.int(0), params.int(1), params.string(2)];
      const object = owner(context, kind, id);
      const values = given(text, Code.INTERNAL);
      const action = object.data.schedActions.find((one) => one.id === actionId);
      if (action === undefined) throw internal(`SCHED_ACTION with id = ${actionId} doesn't exist`);
      try {
        Object.assign(action, changed(action, values, { start: context.now, relative }));
      } catch (error) {
        throw error instanceof Failure ? internal(error.message) : error;
      }
      touch(context, object);
      return actionId;
    },
    [`one.${kind}.scheddelete`]: (context: CallContext, params: Params) => {
      const [id, actionId] = [params.int(0), params.int(1)];
      const object = owner(context, kind, id);
      const action = held(object, actionId);
      object.data.schedActions = object.data.schedActions.filter((other) => other !== action);
      touch(context, object);
      return actionId;
    },
  };
}

export const scheduleMethods: Methods = { ...methodsOf("vm"), ...methodsOf("backupjob") };
