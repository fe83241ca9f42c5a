// SPDX-License-Identifier: Apache-2.0
import * as path from "node:path";

import Table from "cli-table3";

import type { Lab } from "./lab";
import { notRunHere } from "./status";
import type { HostStatus, LabStatus } from "./status";

function table(head: string[], rows: string[][]): string {
  // No colours: the table is read in logs too.
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}

/** Fills lines with words; a word that is wider than a line has one of its own. */
function wrap(words: string[], width: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A text behind its label; what does not fit into the columns goes on beneath the text. */
function labelled(label: string, text: string, columns: number): string {
  return label + wrap(text.split(" "), columns - label.length).join(`\n${" ".repeat(label.length)}`);
}

function list(title: string, entries: string[], columns: number): string {
  return [labelled("", title, columns), ...entries.map((entry) => labelled("  - ", entry, columns))].join("\n");
}

/** Units by state in lines of that width: `active: a b`, `failed: c`. */
function unitsByState(units: Record<string, string>, width: number): string {
  const states = new Map<string, string[]>();
  for (const [unit, state] of Object.entries(units)) {
    states.set(state, [...(states.get(state) ?? []), unit.replace(/\.service$/, "")]);
  }
  return [...states].map(([state, names]) => wrap([`${state}:`, ...names], width).join("\n")).join("\n");
}

/** Hosts; services get what the other cells and the borders leave of the columns. */
function hostTable(hosts: HostStatus[], columns: number): string {
  const head = ["host", "roles", "public\nprivate"];
  const rows = hosts.map(({ name, roles, address, privateAddress }) => [
    name,
    roles.join("\n"),
    `${address}\n${privateAddress}`,
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].flatMap((row) => row[column]!.split("\n").map(({ length }) => length))),
  );
  const taken = widths.reduce((sum, width) => sum + width + 3, 4);
  const services = Math.min(60, columns - taken);
  return table(
    [...head, "services"],
    rows.map((row, index) => [...row, unitsByState(hosts[index]!.units, services)]),
  );
}

const unownedTitle =
  "Servers that the stack does not know (their orders were cut off, or are under way; on Scaleway they cost money):";

/**
 * The status for people.
 *
 * @param options.secondsTaken - of the whole run that this closes, if any
 * @param options.columns - of the terminal. Default: lines are as long as they are, for files and pipes
 */
export function renderStatus(
  lab: Pick<Lab, "layout">,
  status: LabStatus,
  options: { secondsTaken?: number; columns?: number } = {},
): string {
  const { secondsTaken, columns = Infinity } = options;
  const { oned, stack } = status;
  const option = lab.layout.name === "default" ? "" : ` --name ${lab.layout.name}`;
  const [firstHost = "fe"] = status.hosts.map(({ name }) => name);
  const { same, created, updated, deleted, logins, seconds } = stack.lastUpdate;
  const onedHosts = oned.hosts.map(({ name, state }) => `${name} ${state}`).join(", ");
  const facts = {
    state: status.healthy ? "healthy" : "NOT healthy",
    oned:
      oned.version === ""
        ? "does not answer"
        : `${oned.version} at ${oned.endpoint} on the front-end; hosts: ${onedHosts}`,
    stack:
      `${stack.resources} resources; last update: ${created} created, ${updated} updated, ${deleted} deleted, ` +
      `${same} unchanged, ${logins} SSH logins, ${seconds} s`,
    files: path.relative(process.cwd(), lab.layout.directory) || ".",
    ...(secondsTaken === undefined ? {} : { "time taken": `${secondsTaken.toFixed(1)} s` }),
  };
  // Command lines stay whole, to be copied.
  const commands = {
    "log in": `npm run lab --${option} ssh ${firstHost}`,
    passwords: `npm run -s lab --${option} outputs --show-secrets`,
  };
  const unowned = status.unowned.map(({ id, name, address }) => `${name}, ${address}, id ${id}`);
  const sections = [
    hostTable(status.hosts, columns),
    [
      ...Object.entries(facts).map(([label, text]) => labelled(label.padEnd(12), text, columns)),
      ...Object.entries(commands).map(([label, text]) => label.padEnd(12) + text),
    ].join("\n"),
    ...(status.unowned.length > 0 ? [list(unownedTitle, unowned, columns)] : []),
    ...(status.notInstalled.length > 0 ? [list("Not installed:", status.notInstalled, columns)] : []),
    list("Stand-ins in this lab:", status.standIns, columns),
    list("Not run here:", notRunHere, columns),
  ];
  return sections.join("\n\n");
}
