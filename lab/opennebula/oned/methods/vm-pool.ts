// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { useLocked } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { KINDS, render, renderPool } from "../kinds";
import { accountingRecord, renderVm } from "../kinds/vm";
import type { Params } from "../params";
import { renderVector } from "../template";
import { VmState } from "../vm/states";
import { page } from "./common";
import { showbackMethods } from "./showback";
import { filtered, visible } from "./vm-filter";

const [NOT_DONE, ALL] = [-1, -2];
const LAST_STATE = Math.max(...Object.values(VmState));

function chosen(context: CallContext, params: Params): Entity<"vm">[] {
  const vms = visible(context);
  // Flag and range are read before the state, which decides what the range counts.
  const numbers = [0, 1, 2].map((index) => params.int(index));
  const state = params.int(3);
  if ((params.count > 4 ? params.string(4) : "") !== "") {
    throw new Failure(Code.INTERNAL, "JSON query search is not supported by the SQL backend");
  }
  if (state < ALL || state > LAST_STATE) throw new Failure(Code.XML_RPC_API, "Incorrect filter_flag, state");
  const wanted = vms.filter(({ data }) =>
    state === ALL ? true : state === NOT_DONE ? data.state !== VmState.DONE : data.state === state,
  );
  return numbers.length === 0 ? wanted : page(context, wanted, params);
}

const pool =
  (extended: boolean): Method =>
  (context, params) => {
    const vms = chosen(context, params);
    if (!extended) return renderPool(KINDS.vm, vms, context);
    return `<VM_POOL>${vms.map((vm) => renderVm(vm, context)).join("")}</VM_POOL>`;
  };

function infoSet(context: CallContext, params: Params): string {
  const ids = params
    .string(0)
    .split(",")
    .map((text) => text.trim());
  const extended = params.boolean(1, false);
  const wanted = visible(context).filter((vm) => ids.includes(String(vm.id)));
  if (!extended) return renderPool(KINDS.vm, wanted, context);
  return `<VM_POOL>${wanted.map((vm) => renderVm(vm, context)).join("")}</VM_POOL>`;
}

const record = (values: Record<string, string>): string => `<MONITORING>${renderVector(values)}</MONITORING>`;

function monitoring(context: CallContext, params: Params): string {
  const vm = useLocked(context, "vm", params.int(0), "USE");
  return `<MONITORING_DATA>${vm.data.monitoring.map(record).join("")}</MONITORING_DATA>`;
}

/** Of VMs that are not done: all records, the last one (0), or those of so many seconds. */
function poolMonitoring(context: CallContext, params: Params): string {
  const flag = params.int(0);
  const seconds = params.count > 1 ? params.int(1) : -1;
  const mine = filtered(context, flag).filter(({ data }) => data.state !== VmState.DONE);
  const records = mine.reverse().flatMap(({ data }) => {
    if (seconds === 0) return data.monitoring.slice(-1);
    return data.monitoring.filter((r) => seconds < 0 || Number(r.TIMESTAMP) > context.now - seconds);
  });
  return `<MONITORING_DATA>${records.map(record).join("")}</MONITORING_DATA>`;
}

/** History records that overlap a time, each with its VM. -1 is no limit. */
function accounting(context: CallContext, params: Params): string {
  const [flag, start, end] = [params.int(0), params.int(1), params.int(2)];
  const records = filtered(context, flag)
    .reverse()
    .flatMap((vm) =>
      vm.data.history.map((entry, seq) => {
        const after = start !== -1 && entry.etime > 0 && entry.etime <= start;
        const before = end !== -1 && entry.stime >= end;
        return after || before ? "" : accountingRecord(vm, seq, context);
      }),
    );
  return `<HISTORY_RECORDS>${records.join("")}</HISTORY_RECORDS>`;
}

const info: Method = (context, params) => {
  const id = params.int(0);
  params.boolean(1, false);
  if (id < 0) throw new Failure(Code.NO_EXISTS, "Error getting virtual machine Pool.");
  return render(KINDS.vm, useLocked(context, "vm", id, "USE"), context);
};

export const poolMethods = (): Methods => ({
  "one.vm.info": info,
  "one.vm.monitoring": monitoring,
  "one.vmpool.info": pool(false),
  "one.vmpool.infoextended": pool(true),
  "one.vmpool.infoset": infoSet,
  "one.vmpool.monitoring": poolMonitoring,
  "one.vmpool.accounting": accounting,
  ...showbackMethods,
});
