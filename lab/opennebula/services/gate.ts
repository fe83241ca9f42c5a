// SPDX-License-Identifier: Apache-2.0

import { call, find, OnedRefusal, ownSession } from "../cli/call";
import { toJson } from "../cli/format";
import { parseXml, textOf } from "../oned/xml";
import type { XmlElement } from "../oned/xml";
import { isGateToken } from "./gate-token";

/** A request to one of the services. */
export interface ServiceRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface ServiceAnswer {
  status: number;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, instead of a body. */
  text?: string;
}

const DONE = "6";

/** What a guest is shown of itself, as far as it has it. */
const SHOWN = ["NAME", "ID", "STATE", "LCM_STATE"];

function shown(vm: XmlElement): Record<string, unknown> {
  const json = toJson(vm) as Record<string, unknown>;
  const template = (json.TEMPLATE ?? {}) as { NIC?: unknown };
  const nics = [template.NIC ?? []].flat();
  return {
    ...Object.fromEntries(SHOWN.map((name) => [name, json[name]])),
    USER_TEMPLATE: json.USER_TEMPLATE,
    TEMPLATE: { NIC: nics },
  };
}

/** `A=b` lines, or `A=b&C=d`, as attributes of a user template. */
function attributes(body: string): string {
  const lines = body.split(/[\n&]/).filter((line) => line.trim() !== "");
  return lines
    .map((line) => {
      const [, name, value = ""] = /^\s*([A-Za-z_]\w*)\s*=\s*"?(.*?)"?\s*$/.exec(line) ?? [];
      if (name === undefined) throw new SyntaxError("the body must be lines NAME=value");
      return `${name.toUpperCase()} = "${value.replaceAll('"', '\\"')}"`;
    })
    .join("\n");
}

/**
 * OneGate for guests: `GET /vm` and `PUT /vm`, with the VM's token. The scheme of the token is the stand-in's own.
 *
 * @param password - of `onegate_auth`
 */
export async function oneGate(request: ServiceRequest, password: string): Promise<ServiceAnswer> {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const [id, token] = [header("x-onegate-vmid"), header("x-onegate-token")];
  if (request.path !== "/vm" || !["GET", "PUT"].includes(request.method)) return { status: 404 };
  if (!/^\d+$/.test(id) || !isGateToken(password, Number(id), token)) return { status: 401 };
  try {
    const vm = parseXml(await call("one.vm.info", [Number(id), false], ownSession()));
    // A VM that is gone has no say.
    const state = find(vm, ["STATE"]);
    if (state !== undefined && textOf(state) === DONE) return { status: 403 };
    if (request.method === "GET") return { status: 200, body: { VM: shown(vm) } };
    await call("one.vm.update", [Number(id), attributes(request.body), 1], ownSession());
    return { status: 200 };
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, body: error.message };
    if (error instanceof OnedRefusal) return { status: 404, body: error.message };
    throw error;
  }
}
