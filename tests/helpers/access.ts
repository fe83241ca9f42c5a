// SPDX-License-Identifier: Apache-2.0

/**
 * Every method of oned, tried as somebody on everything that there is: what is refused, and what has changed. For the stand-in in
 * memory and for the one of a lab.
 */
import { CallError, ErrorCode } from "../../opennebula/errors";
import type { OneClient } from "../../opennebula/client";
import { METHODS } from "../../opennebula/methods";
import type { MethodName } from "../../opennebula/signatures";

type Parameter = string | number | boolean | number[];

/** Whom and what the calls aim at: a login name, and ids by kind as methods name them; what is left out is 0. */
export interface Targets {
  userName: string;
  ids: Partial<Record<string, number>>;
}

export interface Attempt {
  method: MethodName;
  /** `allowed`: oned did it. `refused`: not authorised, or a quota. `other`: authorised, and then refused for another reason. */
  outcome: "allowed" | "refused" | "other";
  message: string;
}

/** Text by method where the ordinary one would be refused before the right is looked at. */
const TEXTS: Record<string, string> = {
  "one.vn.reserve": 'SIZE="1" NAME="taken"',
  "one.vm.attachnic": 'NIC=[NETWORK_ID="0"]',
  "one.vm.attach": 'DISK=[TYPE="fs",SIZE="1",FORMAT="raw"]',
  "one.vn.hold": 'LEASES=[IP="10.9.0.9"]',
  "one.vn.add_ar": 'AR=[TYPE="IP4",IP="10.8.0.1",SIZE="2"]',
  "one.vm.action": "poweroff",
  "one.vm.schedadd": 'SCHED_ACTION=[ACTION="poweroff",TIME="4000000000"]',
  "one.backupjob.schedadd": 'SCHED_ACTION=[ACTION="backup",TIME="4000000000"]',
  "one.vm.diskresize": "10",
  "one.vm.resize": 'CPU="2" MEMORY="128"',
  "one.vmgroup.roleadd": 'ROLE=[NAME="more"]',
};

/** What a new object is made from. */
const MADE: Record<string, string> = {
  vm: 'NAME="try" CPU="1" MEMORY="64"',
  image: 'NAME="try" TYPE="DATABLOCK" SIZE="1"',
  vn: 'NAME="try" VN_MAD="dummy" BRIDGE="br9"',
  hook: 'NAME="try" TYPE="api" CALL="one.vm.allocate" COMMAND="true"',
  market: 'NAME="try" MARKET_MAD="http" BASE_URL="http://127.0.0.1" PUBLIC_DIR="/tmp/x"',
  backupjob: 'NAME="try" MODE="FULL"',
  datastore: 'NAME="try" DS_MAD="fs" TM_MAD="local"',
};

/** Methods whose second number is a user or a group, which `targets` names. */
const SECOND: Record<string, "user" | "group"> = {
  addgroup: "group",
  delgroup: "group",
  chgrp: "group",
  addadmin: "user",
  deladmin: "user",
};

/** Parameters of a method, aimed at somebody else's objects. */
function parametersOf(method: MethodName, { userName, ids: targets }: Targets): Parameter[] {
  const [, kind = "", action = ""] = method.split(".");
  const isPool = kind.endsWith("pool") || kind === "hooklog";
  // The longest form; of a list of a pool the shortest, since the last parameter searches and needs another database.
  const signature = METHODS[method]
    .split(">")[0]!
    .split(" ")
    .at(isPool && action.startsWith("info") ? 0 : -1)!;
  if (signature === "-") return [];
  const id = targets[kind] ?? 0;
  if (method === "one.user.login") return [userName, "", 3600, -1];
  if (method === "one.vm.action") return [TEXTS[method]!, id];
  // A pool: everything, and then from, to and kind of document.
  if (isPool) return poolParameters(method, signature);
  if (action === "chown") return [id, targets.user ?? 0, -1];
  if (action === "chmod") return [id, 1, 1, -1, 1, 1, -1, 1, 1, -1, ...(signature.length > 10 ? [false] : [])];
  let numbers = 0;
  let texts = 0;
  return [...signature].map((letter): Parameter => {
    if (letter === "b") return false;
    if (letter === "a") return [];
    if (letter === "s") {
      texts += 1;
      return textFor(method, texts);
    }
    numbers += 1;
    if (numbers === 1 && signature.startsWith("i")) return id;
    if (kind === "image" && action === "allocate") return 1;
    if (kind === "image" && action === "clone") return -1;
    if (action === "allocate") return kind === "document" ? 200 : -1;
    const other = SECOND[action];
    return other === undefined ? (numbers === 2 && action.endsWith("lock") ? 1 : 0) : (targets[other] ?? 0);
  });
}

function textFor(method: string, number: number): string {
  const [, kind = "", action = ""] = method.split(".");
  if (TEXTS[method] !== undefined) return TEXTS[method];
  if (action === "allocate") {
    if (kind === "user") return ["try", "trypassword", "core"][number - 1]!;
    if (kind === "host") return ["try", "dummy", "dummy"][number - 1]!;
    if (kind === "group" || kind === "cluster") return "try";
    return MADE[kind] ?? 'NAME="try"';
  }
  if (action === "rename" || action === "clone" || action === "instantiate") return number === 1 ? `taken-${kind}` : "";
  if (action === "passwd") return "stolen";
  if (action === "chauth") return number === 1 ? "core" : "stolen";
  if (kind === "acl") return ["100000000", "1000400000000", "1", "100000000"][number - 1]!;
  return 'TRY="1"';
}

function poolParameters(method: string, signature: string): Parameter[] {
  const defaults = [-2, -1, -1, method.startsWith("one.vmpool.info") ? -2 : 200, -1];
  return [...signature].map((letter, index) => (letter === "i" ? defaults[index]! : letter === "b" ? false : "0"));
}

/** Tries one method as somebody. @throws what did not come from oned */
export async function attempt(caller: OneClient, method: MethodName, targets: Targets): Promise<Attempt> {
  try {
    await caller.callAny(method, parametersOf(method, targets));
    return { method, outcome: "allowed", message: "" };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return {
      method,
      outcome: error.code === (ErrorCode.Authorization as number) ? "refused" : "other",
      message: error.message,
    };
  }
}

/** Every method there is, one after the other. */
export async function attemptAll(
  caller: OneClient,
  methods: readonly MethodName[],
  targets: Targets,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const method of methods) attempts.push(await attempt(caller, method, targets));
  return attempts;
}

/** What a method does to later ones: those that lock or delete come last. */
function rank(method: string): number {
  if (method.endsWith(".delete")) return 2;
  return /\.(?:un)?lock$/.test(method) ? 1 : 0;
}

/** Every method of the client's table, in an order in which none takes another's object away. */
export const allMethods = (Object.keys(METHODS) as MethodName[]).sort((a, b) => rank(a) - rank(b));

const POOLS: Record<string, readonly Parameter[]> = {
  ...Object.fromEntries(
    [
      "acl",
      "clusterpool",
      "datastorepool",
      "grouppool",
      "hostpool",
      "marketpool",
      "userpool",
      "vdcpool",
      "zonepool",
    ].map((pool) => [pool, []]),
  ),
  ...Object.fromEntries(
    [
      ...["backupjobpool", "hookpool", "imagepool", "marketapppool", "secgrouppool", "templatepool"],
      ...["vmgrouppool", "vnpool", "vntemplatepool", "vrouterpool"],
    ].map((pool) => [pool, [-2, -1, -1]]),
  ),
  documentpool: [-2, -1, -1, 200],
  vmpool: [-2, -1, -1, -2],
};

/** What time alone changes, and what oned counts of who uses what of whom. */
const PASSING =
  /<(MONITORING|LAST_MON_TIME|LAST_POLL|TOTAL_MB|FREE_MB|USED_MB|HOST_SHARE|LOGIN_TOKEN|VMS|VNETS|IMAGES|USED_LEASES|ALLOCATED|[A-Z_]*QUOTAS?)>.*?<\/\1>|<(MONITORING|[A-Z_]*QUOTAS?)\/>/gs;

/**
 * Everything that oned holds, object by object, as its administrator sees it.
 *
 * @param exceptOf - login name whose own things, account and group are left out.
 */
export async function everything(
  admin: OneClient,
  exceptOf?: { user: string; group: string },
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [pool, parameters] of Object.entries(POOLS)) {
    const xml = String(await admin.callAny(`one.${pool}.info`, parameters));
    // Objects are the children of the one root element; none holds another of its own name.
    const element = /^<[A-Z_]+>\s*<([A-Z_]+)>/.exec(xml)?.[1];
    if (element === undefined) continue;
    for (const [, body = ""] of xml.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))) {
      const id = /<ID>(\d+)<\/ID>/.exec(body)?.[1] ?? "";
      const own =
        body.includes(`<UNAME>${exceptOf?.user}</UNAME>`) ||
        body.includes(`<NAME>${exceptOf?.user}</NAME>`) ||
        (pool === "grouppool" && body.includes(`<NAME>${exceptOf?.group}</NAME>`));
      if (!own) found[`${pool} ${id}`] = body.replace(PASSING, "");
    }
  }
  return found;
}
