// SPDX-License-Identifier: Apache-2.0

/** What VMs have cost by month: calculated on demand and kept. */
import type { CallContext, Methods } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import type { Template } from "../template";
import { get, vectors } from "../template";
import { element } from "../kinds/kind";
import { filtered } from "./vm-filter";

const HOUR = 3600;
const RECORDS = "SHOWBACK_RECORDS";

interface Row {
  vm: number;
  name: string;
  uid: number;
  gid: number;
  uname: string;
  gname: string;
  year: number;
  month: number;
  cpu: number;
  memory: number;
  disk: number;
  /** On a host, and running there. */
  hours: number;
  runningHours: number;
}

/** First month and year, last month and year; -1 is no limit. */
type Range = [fromMonth: number, fromYear: number, toMonth: number, toYear: number];

const rangeOf = (params: Params, first: number): Range =>
  [0, 1, 2, 3].map((index) => params.int(first + index)) as unknown as Range;
const given = (month: number, year: number): boolean => month !== -1 && year !== -1;
const monthStart = (year: number, month: number): number => new Date(year, month - 1, 1).getTime() / 1000;

/** Costs of an hour, by the VM's template or the cloud's defaults. */
function rates({ config }: CallContext, template: Template): { cpu: number; memory: number; disk: number } {
  const defaults = config.vectors("DEFAULT_COST")[0] ?? {};
  const number = (text: string | undefined): number => Number(text ?? "0") || 0;
  const cost = (name: string): number => number(get(template, name) ?? defaults[name]);
  const disks = vectors(template, "DISK").reduce(
    (sum, disk) => sum + number(disk.SIZE) + number(disk.DISK_SNAPSHOT_TOTAL_SIZE),
    0,
  );
  return {
    cpu: cost("CPU_COST") * number(get(template, "CPU")),
    memory: cost("MEMORY_COST") * number(get(template, "MEMORY")),
    disk: cost("DISK_COST") * disks,
  };
}

/** Months of the range, up to now; the first one as a whole. */
function slots(context: CallContext, [fromMonth, fromYear, toMonth, toYear]: Range): [year: number, month: number][] {
  const stays = context.state.all("vm").flatMap(({ data }) => data.history.map(({ stime }) => stime));
  const from = given(fromMonth, fromYear) ? monthStart(fromYear, fromMonth) : Math.min(context.now, ...stays);
  const end = given(toMonth, toYear) ? Math.min(context.now, monthStart(toYear, toMonth + 1)) : context.now;
  const first = new Date(from * 1000);
  const months: [number, number][] = [];
  for (let at = first.getMonth() + 1; ; at++) {
    const date = new Date(first.getFullYear(), at - 1, 1);
    if (date.getTime() / 1000 >= end) return months;
    months.push([date.getFullYear(), date.getMonth() + 1]);
  }
}

/** Hours of a stay in a month, to which the last day of the range and now put an end; undefined when it was at another time. */
function hoursIn([from, to]: [number, number], [start, next]: [number, number]): number | undefined {
  if (from === 0 || from > next || (to !== 0 && to <= start)) return undefined;
  return ((to === 0 ? next : Math.min(next, to)) - Math.max(start, from)) / HOUR;
}

function calculate(context: CallContext, params: Params): string {
  const range = rangeOf(params, 0);
  if (context.user.gid !== 0) {
    throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : Action reserved for group 0 only.`);
  }
  const onlyRunning = /^yes$/i.test(context.config.get("SHOWBACK_ONLY_RUNNING") ?? "");
  const rows = context.state
    .all("vm")
    .flatMap((vm) => slots(context, range).flatMap((month) => rowOf(context, vm, { month, onlyRunning })));
  const key = ({ vm, year, month }: Row): string => `${vm}/${year}/${month}`;
  const made = new Map([...kept(context), ...rows].map((row) => [key(row), row]));
  context.state.setAttribute(RECORDS, JSON.stringify([...made.values()]));
  return "";
}

const kept = (context: CallContext): Row[] => JSON.parse(context.state.attribute(RECORDS) ?? "[]") as Row[];

function rowOf(
  context: CallContext,
  vm: Entity<"vm">,
  { month: [year, month], onlyRunning }: { month: [year: number, month: number]; onlyRunning: boolean },
): Row[] {
  const slot: [number, number] = [monthStart(year, month), Math.min(context.now, monthStart(year, month + 1))];
  const stays = vm.data.history.flatMap(({ stime, etime }) => hoursIn([stime, etime], slot) ?? []);
  if (stays.length === 0) return [];
  const sum = (hours: number[]): number => hours.reduce((all, one) => all + one, 0);
  const hours = sum(stays);
  const runningHours = sum(vm.data.history.flatMap(({ running }) => hoursIn(running, slot) ?? []));
  const rate = rates(context, vm.template);
  const used = onlyRunning ? runningHours : hours;
  return [
    {
      ...{ vm: vm.id, name: vm.name, uid: vm.uid, gid: vm.gid, year, month, hours, runningHours },
      uname: context.state.find("user", vm.uid)?.name ?? "",
      gname: context.state.find("group", vm.gid)?.name ?? "",
      ...{ cpu: rate.cpu * used, memory: rate.memory * used, disk: rate.disk * hours },
    },
  ];
}

/** As oned writes amounts: whole ones as they are, others with two places. */
const amount = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(2));

function showback(context: CallContext, params: Params): string {
  const seen = new Set(filtered(context, params.int(0)).map(({ id }) => id));
  const [fromMonth, fromYear, toMonth, toYear] = rangeOf(params, 1);
  const records = kept(context)
    .filter(({ vm, year, month }) => {
      const at = year * 12 + month;
      const early = given(fromMonth, fromYear) && at < fromYear * 12 + fromMonth;
      return seen.has(vm) && !early && !(given(toMonth, toYear) && at > toYear * 12 + toMonth);
    })
    .sort((a, b) => a.year - b.year || a.month - b.month || a.vm - b.vm)
    .map((row) => {
      const fields: [string, string | number][] = [
        ...Object.entries({ VMID: row.vm, VMNAME: row.name, UID: row.uid, GID: row.gid, UNAME: row.uname }),
        ...Object.entries({ GNAME: row.gname, YEAR: row.year, MONTH: row.month, CPU_COST: amount(row.cpu) }),
        ...Object.entries({ MEMORY_COST: amount(row.memory), DISK_COST: amount(row.disk) }),
        ["TOTAL_COST", amount(row.cpu + row.memory + row.disk)],
        ...Object.entries({ HOURS: amount(row.hours), RHOURS: amount(row.runningHours) }),
      ];
      return `<SHOWBACK>${fields.map(([name, value]) => element(name, value)).join("")}</SHOWBACK>`;
    });
  return `<SHOWBACK_RECORDS>${records.join("")}</SHOWBACK_RECORDS>`;
}

export const showbackMethods: Methods = {
  "one.vmpool.showback": showback,
  "one.vmpool.calculateshowback": calculate,
};
