// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { useLocked } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { KINDS, render, renderPool } from "../kinds";
import { accountingRecord, renderVm } from "../kinds/vm";
import type { Params } from "../params";
import { get, renderVector } from "../template";
import { VmState } from "../vm/states";
import { escapeXml } from "../xml";
import { listed, page } from "./common";

const [NOT_DONE, ALL] = [-1, -2];
const LAST_STATE = Math.max(...Object.values(VmState));

/** VMs that the user may see, newest first. */
function visible(context: CallContext): Entity<"vm">[] {
  const all = context.state.all("vm").reverse();
  return all.filter((vm) => listed(context, "vm", vm));
}

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

function filtered(context: CallContext, flag: number): Entity<"vm">[] {
  if (flag < -4) throw new Failure(Code.XML_RPC_API, "Incorrect filter_flag");
  const { user } = context;
  return visible(context).filter((vm) => {
    if (flag === -2) return true;
    if (flag === -1) return vm.uid === user.id || user.data.groups.includes(vm.gid);
    return flag === -4 ? vm.gid === user.gid : vm.uid === (flag === -3 ? user.id : flag);
  });
}

/** History records that overlap a time, each with its VM. -1 is no limit. */
function accounting(context: CallContext, params: Params): string {
  const [flag, start, end] = [params.int(0), params.int(1), params.int(2)];
  const records = filtered(context, flag)
    .reverse()
    .flatMap((vm) =>
      vm.data.history.map((entry, seq) => {
        const after = start >= 0 && entry.etime > 0 && entry.etime <= start;
        const before = end >= 0 && entry.stime > end;
        return after || before ? "" : accountingRecord(vm, seq, context);
      }),
    );
  return `<HISTORY_RECORDS>${records.join("")}</HISTORY_RECORDS>`;
}

interface ShowbackRow {
  vm: number;
  year: number;
  month: number;
  hours: number;
  cpu: number;
  memory: number;
  disk: number;
}

/** Hours and costs of each VM by month, from the history's running times. */
function showbackRows(context: CallContext): ShowbackRow[] {
  return context.state.all("vm").flatMap((vm) => {
    const cost = (name: string): number => Number(get(vm.template, name) ?? "0") || 0;
    const cpu = cost("CPU_COST") * (Number(get(vm.template, "CPU") ?? "0") || 0);
    const memory = cost("MEMORY_COST") * (Number(get(vm.template, "MEMORY") ?? "0") || 0);
    const months = new Map<string, ShowbackRow>();
    for (const entry of vm.data.history) {
      const end = entry.running[1] > 0 ? entry.running[1] : context.now;
      for (let at = entry.running[0]; at > 0 && at <= end;) {
        const date = new Date(at * 1000);
        const [year, month] = [date.getFullYear(), date.getMonth() + 1];
        const until = Math.min(end, new Date(year, month, 1).getTime() / 1000);
        const row = months.get(`${year}-${month}`) ?? { vm: vm.id, year, month, hours: 0, cpu: 0, memory: 0, disk: 0 };
        const hours = (until - at) / 3600;
        Object.assign(row, {
          hours: row.hours + hours,
          cpu: row.cpu + hours * cpu,
          memory: row.memory + hours * memory,
        });
        months.set(`${year}-${month}`, row);
        if (until >= end) break;
        at = until;
      }
    }
    return [...months.values()];
  });
}

const SHOWBACK = "SHOWBACK_RECORDS";

function calculate(context: CallContext, params: Params): string {
  const range = [0, 1, 2, 3].map((index) => params.int(index));
  if (!context.user.data.groups.includes(0)) {
    throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : Action reserved for group 0 only.`);
  }
  const rows = showbackRows(context).filter((row) => inRange(row, range));
  context.state.setAttribute(SHOWBACK, JSON.stringify(rows));
  return "";
}

/** First month and year, last month and year; -1 is no limit. */
function inRange({ year, month }: Pick<ShowbackRow, "year" | "month">, range: number[]): boolean {
  const [fromMonth = -1, fromYear = -1, toMonth = -1, toYear = -1] = range;
  const at = year * 12 + month;
  return (fromYear < 0 || at >= fromYear * 12 + fromMonth) && (toYear < 0 || at <= toYear * 12 + toMonth);
}

function showback(context: CallContext, params: Params): string {
  const flag = params.int(0);
  const range = [1, 2, 3, 4].map((index) => params.int(index));
  const seen = new Map(filtered(context, flag).map((vm) => [vm.id, vm]));
  const rows = JSON.parse(context.state.attribute(SHOWBACK) ?? "[]") as ShowbackRow[];
  const amount = (value: number): string => String(Number(value.toFixed(2)));
  const records = rows.map((row) => {
    const vm = seen.get(row.vm);
    if (vm === undefined || !inRange(row, range)) return "";
    const names = `<UNAME>${escapeXml(context.state.find("user", vm.uid)?.name ?? "")}</UNAME><GNAME>${escapeXml(context.state.find("group", vm.gid)?.name ?? "")}</GNAME>`;
    return (
      `<SHOWBACK><VMID>${vm.id}</VMID><VMNAME>${escapeXml(vm.name)}</VMNAME><UID>${vm.uid}</UID><GID>${vm.gid}</GID>` +
      `${names}<YEAR>${row.year}</YEAR><MONTH>${row.month}</MONTH><CPU_COST>${amount(row.cpu)}</CPU_COST>` +
      `<MEMORY_COST>${amount(row.memory)}</MEMORY_COST><DISK_COST>${amount(row.disk)}</DISK_COST>` +
      `<TOTAL_COST>${amount(row.cpu + row.memory + row.disk)}</TOTAL_COST><HOURS>${amount(row.hours)}</HOURS>` +
      `<RHOURS>${amount(row.hours)}</RHOURS></SHOWBACK>`
    );
  });
  return `<SHOWBACK_RECORDS>${records.join("")}</SHOWBACK_RECORDS>`;
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
  "one.vmpool.showback": showback,
  "one.vmpool.calculateshowback": calculate,
});
