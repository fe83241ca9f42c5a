// SPDX-License-Identifier: Apache-2.0

/** What each role may do to other people's things, told from the rules as `Access` declares them. */
import { roles, type GroupRole } from "../../components/access";
import { ACL_TYPES } from "../../lab/opennebula/oned/acl";
import { isReadOnly, type MethodName } from "../../opennebula/signatures";

type Right = "USE" | "MANAGE" | "ADMIN" | "CREATE";

/** What oned gives everybody, and the sandbox its members. */
const EVERYBODY = ["ZONE+MARKETPLACE+MARKETPLACEAPP/* USE"];
const SANDBOX = ["NET+DATASTORE/* USE"];

/** Rights by type of object, read from the rules as declared. */
function declared(role: GroupRole): Record<string, Set<Right>> {
  const rights: Record<string, Set<Right>> = {};
  const rules = [...Object.values(roles[role].rules), ...EVERYBODY, ...(roles[role].sandbox ? SANDBOX : [])];
  for (const rule of rules) {
    const [, types = "", words = ""] = /^([A-Z+]+)\/\* ([A-Z+]+)$/.exec(rule) ?? [];
    for (const type of types.split("+")) {
      rights[type] ??= new Set();
      for (const word of words.split("+")) rights[type].add(word as Right);
    }
  }
  return rights;
}

/** What only members of `oneadmin` and other servers do, whatever rules say. */
const ONEADMIN = /^one\.(acl\.|system\.sql|(user|group)quota\.update|vmpool\.calculateshowback|hooklog\.)/;

/** Answered before any right is looked at: what is asked makes no sense in this world, or the stand-in does not have it. */
export const UNDECIDED = new Set([
  ...["one.market.allocatedb", "one.market.updatedb", "one.marketapp.allocatedb", "one.marketapp.dropdb"],
  ...["one.marketapp.updatedb", "one.zone.updatedb"],
  ...[
    "one.vm.attach",
    "one.vm.attachpci",
    "one.vm.attachsg",
    "one.vm.backup",
    "one.vm.disksaveas",
    "one.vm.disksnapshotcreate",
    "one.vm.restore",
    "one.vm.updatenic",
  ],
]);

/** Whether the rules alone let a role reach what a method does to somebody else's object. */
export function permitted(role: GroupRole, method: MethodName): boolean {
  if (ONEADMIN.test(method)) return false;
  const [, kind = "", action = ""] = method.split(".");
  // Lists hold what the asker may see; what the cloud is set to is shown without its secrets.
  if (isReadOnly(method) && (kind.endsWith("pool") || kind.endsWith("quota") || kind === "system")) return true;
  if (method === "one.zone.raftstatus") return true;
  const rights = declared(role)[ACL_TYPES[kind as keyof typeof ACL_TYPES] ?? ""] ?? new Set<Right>();
  if (isReadOnly(method)) return rights.has("USE");
  if (action === "allocate") return rights.has("CREATE");
  if (action === "clone") return rights.has("USE") && rights.has("CREATE");
  // In oned these take no more than USE; a quota keeps those away who may hold nothing.
  if (method === "one.vn.reserve" || method === "one.template.instantiate")
    return rights.has("USE") && !roles[role].holdsNothing;
  // Giving a thing to somebody is a right on that somebody.
  if (action === "chown") return false;
  const administered = ["host", "cluster", "vdc", "zone"].includes(kind) || NEEDS_ADMIN.has(method);
  return rights.has(administered ? "ADMIN" : "MANAGE");
}

/** Methods of other kinds that take ADMIN. */
const NEEDS_ADMIN = new Set<string>(["one.vn.add_ar", "one.vn.rm_ar"]);
