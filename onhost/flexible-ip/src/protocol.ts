// SPDX-License-Identifier: Apache-2.0
import { isIP } from "node:net";
import type { GuestAddress } from "./nics";

/** Hook and broker come from one file, but a host may have an older one until `onehost sync` has reached it. */
export const PROTOCOL = 1;

/** Total time of each hook, in seconds; OpenNebula itself waits for as long as a hook takes. */
export const HOOK_SECONDS = { pre: 30, post: 90, clean: 30 } as const;

export type HookStep = keyof typeof HOOK_SECONDS;

/** What a host asks of the broker. Who asks is not in it: that is the key that it logged in with. */
export interface BrokerRequest {
  protocol: number;
  step: HookStep;
  vm: number;
  addresses: GuestAddress[];
  /** Until when the broker must answer. */
  seconds: number;
}

/** What the broker answers, as one JSON document. */
export interface BrokerAnswer {
  protocol: number;
  ok: boolean;
  /** Short sentences for oned's message; empty if `ok`. */
  problems: string[];
  /** What became of each address. */
  results: { address: string; outcome: string }[];
}

const MOST_ADDRESSES = 128;
const MOST_BYTES = 64 * 1024;

/**
 * Reads a request from a host that is not trusted to write correct ones.
 *
 * @throws Error saying what is wrong
 */
export function parseRequest(text: string): BrokerRequest {
  if (text.length > MOST_BYTES) throw new Error(`the request is longer than ${MOST_BYTES} characters`);
  const value = parseObject(text, "the request");
  if (value.protocol !== PROTOCOL) {
    throw new Error(
      `the host speaks protocol ${String(value.protocol)}, the front-end ${PROTOCOL}: run onehost sync --force`,
    );
  }
  const { step, vm, seconds, addresses } = value;
  if (!isStep(step)) throw new Error(`step must be one of ${Object.keys(HOOK_SECONDS).join(", ")}`);
  if (!Number.isSafeInteger(vm) || (vm as number) < 0) throw new Error("vm must be the id of a VM");
  if (typeof seconds !== "number" || !(seconds > 0)) throw new Error("seconds must be a positive number");
  if (!Array.isArray(addresses) || addresses.length > MOST_ADDRESSES) {
    throw new Error(`addresses must be a list of at most ${MOST_ADDRESSES}`);
  }
  return {
    protocol: PROTOCOL,
    step,
    vm: vm as number,
    seconds: Math.min(seconds, HOOK_SECONDS[step]),
    addresses: addresses.map(parseAddress),
  };
}

function parseAddress(value: unknown): GuestAddress {
  const { address, mac, nic } = (value ?? {}) as Record<string, unknown>;
  if (typeof address !== "string" || isIP(address) === 0) throw new Error("an address is no IP address");
  if (typeof mac !== "string" || !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) {
    throw new Error(`the MAC of ${address} is none`);
  }
  if (typeof nic !== "string" || !/^[A-Z_]+ \d*$/.test(nic)) throw new Error(`the interface of ${address} is none`);
  return { address, mac, nic };
}

/** @throws Error when the text is not a broker's answer */
export function parseAnswer(text: string): BrokerAnswer {
  const value = parseObject(text, "the broker's answer");
  const { protocol, ok, problems, results } = value;
  if (typeof ok !== "boolean" || !Array.isArray(problems) || !Array.isArray(results)) {
    throw new Error("the broker's answer lacks ok, problems or results");
  }
  return {
    protocol: Number(protocol),
    ok,
    problems: problems.map(String),
    results: results as BrokerAnswer["results"],
  };
}

/** True for the name of a hook. */
export function isStep(value: unknown): value is HookStep {
  return typeof value === "string" && Object.hasOwn(HOOK_SECONDS, value);
}

function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${what} is no JSON document`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${what} is no JSON object`);
  return value as Record<string, unknown>;
}
