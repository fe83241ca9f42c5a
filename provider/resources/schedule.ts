// SPDX-License-Identifier: Apache-2.0

/** Actions that oned does at set times: of VMs (snapshots, power) and of backup jobs. */
import { buildTemplate, type XmlElement } from "../../opennebula";
import type { Apply, Properties, PropertyDefinition } from "../definition";
import { fromTemplate, templateOf, toVector } from "../framework/attributes";
import { pairs } from "../framework/values";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import { sameValue } from "../grpc/values";
import { integer, text } from "./common";

const TIMES: Properties = {
  time: text(
    "When: seconds since 1970, or `+<seconds>` after the VM's start. Of a repeated action the first time; oned moves it on.",
    {
      attribute: "TIME",
      required: true,
      // oned has moved a repeated action on, and counts a relative time from the VM's start: neither is a difference.
      canonical: () => "",
    },
  ),
  repeat: text("How it repeats; once if it is left out.", {
    attribute: "REPEAT",
    enum: {
      name: "ScheduleRepeat",
      description: "How a scheduled action repeats.",
      values: { Weekly: "0", Monthly: "1", Yearly: "2", Hourly: "3" },
    },
  }),
  days: text("Days of the week (0 is Sunday), month or year, or the number of hours, e.g. `1,5`.", {
    attribute: "DAYS",
  }),
  endType: text("When it stops repeating.", {
    attribute: "END_TYPE",
    sticky: true,
    enum: {
      name: "ScheduleEnd",
      description: "When a scheduled action stops repeating.",
      values: { Never: "0", Repetitions: "1", Date: "2" },
    },
  }),
  endValue: integer("Number of repetitions, or seconds since 1970.", { attribute: "END_VALUE", sticky: true }),
};

const ACTION: Properties = {
  action: text(
    "Action of the VM: `snapshot-create`, `snapshot-revert`, `poweroff`, `resume`, `terminate`, `backup`, ...",
    {
      attribute: "ACTION",
      required: true,
    },
  ),
  arguments: text("Arguments of the action: the snapshot's name and so on.", { attribute: "ARGS" }),
};

/**
 * A list of scheduled actions, matched by what they do; their order means nothing.
 *
 * @param api - `vm` or `backupjob`.
 */
export function schedule(api: "vm" | "backupjob", description: string): PropertyDefinition {
  const fields: Properties = api === "vm" ? { ...ACTION, ...TIMES } : TIMES;
  const definition: PropertyDefinition = {
    type: "list",
    description,
    unordered: true,
    retold: true,
    items: {
      type: "object",
      typeName: api === "vm" ? "VmScheduledAction" : "BackupJobSchedule",
      description: api === "vm" ? "An action at set times." : "When a backup job runs.",
      fields,
    },
    read: (object) => actionsOf(object).map((action) => fromTemplate(fields, templateOf(action, "."))),
  };
  const apply: Apply = async (work, { name, wanted }) => {
    const there = actionsOf(await work.again());
    const values = there.map((action): PropertyValue => fromTemplate(fields, templateOf(action, ".")));
    for (const [want, have] of pairs(definition, (wanted ?? []) as PropertyValue[], values)) {
      if (want === undefined) {
        const id = there[values.indexOf(have as PropertyValue)]?.value("ID");
        await work.call(`one.${api}.scheddelete`, [Number(work.id), Number(id)]);
      } else if (have === undefined) {
        const vector = toVector(fields, want as PropertyMap);
        await work.once(`one.${api}.schedadd`, [Number(work.id), buildTemplate({ SCHED_ACTION: vector })]);
      } else if (!((work.before?.[name] ?? []) as PropertyValue[]).some((one) => sameValue(one, want))) {
        // Only the time may be another: oned has moved it on, so what the program says now has to be told again.
        const id = there[values.indexOf(have)]?.value("ID");
        const vector = toVector(fields, want as PropertyMap);
        await work.call(`one.${api}.schedupdate`, [
          Number(work.id),
          Number(id),
          buildTemplate({ SCHED_ACTION: vector }),
        ]);
      }
    }
  };
  return { ...definition, apply };
}

function actionsOf(object: XmlElement): XmlElement[] {
  return (object.child("TEMPLATE")?.all("SCHED_ACTION") ?? []).filter((action) => action.int("DONE", -1) < 0);
}
