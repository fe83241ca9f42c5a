// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { vectors } from "../template";

const action = (message: string): Failure => new Failure(Code.ACTION, message);

/** The zone whose servers a call changes: only that of this oned. */
function ownZone(context: CallContext, id: number, verb: string): Entity<"zone"> {
  if (id !== Number(context.config.vectors("FEDERATION")[0]?.ZONE_ID ?? "0")) {
    throw action(`Servers have to be ${verb} through the target zone endpoints`);
  }
  return use(context, "zone", id, "ADMIN");
}

/** The stand-in notes a server, as oned does, and goes on alone: it does not elect a leader. */
function addServer(context: CallContext, id: number, text: string): number {
  const zone = ownZone(context, id, "added");
  const [given] = vectors(template(text), "SERVER");
  if (given === undefined) throw action("");
  const missing = ["NAME", "ENDPOINT"].find((name) => (given[name] ?? "") === "");
  if (missing !== undefined) throw action(`Missing ${missing} in SERVER`);
  const servers = zone.data.servers ?? [];
  const number = Math.max(-1, ...servers.map(({ ID }) => Number(ID))) + 1;
  zone.data.servers = [...servers, { ...given, ID: String(number) }];
  context.state.touch("zone", zone);
  return id;
}

function removeServer(context: CallContext, id: number, server: number): number {
  const zone = ownZone(context, id, "deleted");
  const servers = zone.data.servers ?? [];
  const rest = servers.filter(({ ID }) => ID !== String(server));
  if (rest.length === servers.length) throw action("SERVER not found in zone");
  zone.data.servers = rest;
  context.state.touch("zone", zone);
  return id;
}

export const zoneMethods: Methods = {
  "one.zone.addserver": (context, params) => addServer(context, params.int(0), params.string(1)),
  "one.zone.delserver": (context, params) => removeServer(context, params.int(0), params.int(1)),
  "one.zone.resetserver": (context, params) => {
    const id = params.int(0);
    params.int(1);
    return ownZone(context, id, "deleted").id;
  },
  "one.zone.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const zone = use(context, "zone", id, "ADMIN");
    zone.data.state = enable ? 0 : 1;
    context.state.touch("zone", zone);
    return id;
  },
  "one.zone.allocate": (context, params) => {
    params.string(0);
    authorize(context, ["CREATE", { type: "ZONE" }]);
    throw new Failure(Code.ALLOCATE, "Error allocating a new zone. New zones can only be created at federation master");
  },
};
