// SPDX-License-Identifier: Apache-2.0
import * as path from "node:path";

import Table from "cli-table3";

import type { Lab } from "./lab";
import { notRunHere } from "./status";
import type { LabStatus } from "./status";

function table(head: string[], rows: string[][]): string {
  // No colours: the table is read in logs too.
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}

function list(title: string, entries: string[]): string {
  return [title, ...entries.map((entry) => `  - ${entry}`)].join("\n");
}

const unitsWidth = 60;

/** Units by state in lines of a table's width: `active: a b`, `failed: c`. */
function unitsByState(units: Record<string, string>): string {
  const states = new Map<string, string[]>();
  for (const [unit, state] of Object.entries(units)) {
    states.set(state, [...(states.get(state) ?? []), unit.replace(/\.service$/, "")]);
  }
  return [...states].map(([state, names]) => wrap([`${state}:`, ...names])).join("\n");
}

function wrap(words: string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > unitsWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}

/**
 * The status for people.
 *
 * @param secondsTaken - of the whole run that this closes, if any
 */
export function renderStatus(lab: Lab, status: LabStatus, secondsTaken?: number): string {
  const { oned, stack } = status;
  const option = lab.layout.name === "default" ? "" : ` --name ${lab.layout.name}`;
  const [firstHost = "fe"] = status.hosts.map(({ name }) => name);
  const { same, created, updated, deleted, logins, seconds } = stack.lastUpdate;
  const onedHosts = oned.hosts.map(({ name, state }) => `${name} ${state}`).join(", ");
  const outputs = path.relative(process.cwd(), lab.layout.directory) || ".";
  const sections = [
    table(
      ["host", "roles", "public", "private", "services"],
      status.hosts.map((host) => [
        host.name,
        host.roles.join("\n"),
        host.address,
        host.privateAddress,
        unitsByState(host.units),
      ]),
    ),
    [
      `state       ${status.healthy ? "healthy" : "NOT healthy"}`,
      `oned        ${oned.version === "" ? "does not answer" : `${oned.version} at ${oned.endpoint} on the front-end; hosts: ${onedHosts}`}`,
      `stack       ${stack.resources} resources; last update: ${created} created, ${updated} updated, ${deleted} deleted, ` +
        `${same} unchanged, ${logins} SSH logins, ${seconds} s`,
      `log in      npm run lab --${option} ssh ${firstHost}`,
      `            npm run -s lab --${option} outputs --show-secrets   (oneadmin's password)`,
      `files       ${outputs}`,
      ...(secondsTaken === undefined ? [] : [`time taken  ${secondsTaken.toFixed(1)} s`]),
    ].join("\n"),
    ...(status.notInstalled.length > 0 ? [list("Not installed:", status.notInstalled)] : []),
    list("Stand-ins in this lab:", status.standIns),
    list("Not run here:", notRunHere),
  ];
  return sections.join("\n\n");
}
