// SPDX-License-Identifier: Apache-2.0

import type { Entity, KindName } from "./entities";
import type { Change, Row } from "./store";
import { ATTRIBUTES } from "./store";

/** The table of each kind in oned's schema. */
export const TABLES: Record<KindName, string> = {
  user: "user_pool",
  group: "group_pool",
  acl: "acl",
  host: "host_pool",
  cluster: "cluster_pool",
  datastore: "datastore_pool",
  zone: "zone_pool",
  vdc: "vdc_pool",
  image: "image_pool",
  vm: "vm_pool",
  backupjob: "backupjob_pool",
  template: "template_pool",
  vntemplate: "vn_template_pool",
  document: "document_pool",
  vn: "network_pool",
  secgroup: "secgroup_pool",
  vrouter: "vrouter_pool",
  vmgroup: "vmgroup_pool",
  hook: "hook_pool",
  market: "marketplace_pool",
  marketapp: "marketplaceapp_pool",
};
const KINDS = new Map(Object.entries(TABLES).map(([kind, table]) => [table, kind as KindName]));

/**
 * All objects, in memory, with a record of what changed since the last commit. Methods change objects in place and
 * say so with `touch`; the server then writes the changes to the store, or takes them back with `rollback`.
 */
export class State {
  private readonly entities = new Map<KindName, Map<number, Entity>>();
  private attributes = new Map<string, string>();
  /** What the store holds, by table and id: the ground for `rollback`. */
  private readonly committed = new Map<string, Row>();
  private readonly dirty = new Map<string, { kind: KindName; id: number } | { attribute: string }>();

  constructor(rows: Row[]) {
    for (const kind of Object.keys(TABLES) as KindName[]) this.entities.set(kind, new Map());
    for (const row of rows) this.restore(row);
  }

  private restore(row: Row): void {
    if (row.table === ATTRIBUTES) {
      this.attributes.set(row.name, row.body);
      this.committed.set(`attribute/${row.name}`, row);
      return;
    }
    const kind = KINDS.get(row.table);
    if (kind === undefined) return;
    this.pool(kind).set(row.oid, JSON.parse(row.body) as Entity);
    this.committed.set(`${kind}/${row.oid}`, row);
  }

  private pool(kind: KindName): Map<number, Entity> {
    const pool = this.entities.get(kind);
    if (pool === undefined) throw new Error(`no pool of kind ${kind}`);
    return pool;
  }

  /** Objects of a kind by ascending id. */
  all<K extends KindName>(kind: K): Entity<K>[] {
    return [...this.pool(kind).values()].sort((a, b) => a.id - b.id) as Entity<K>[];
  }

  find<K extends KindName>(kind: K, id: number): Entity<K> | undefined {
    return this.pool(kind).get(id) as Entity<K> | undefined;
  }

  /** The object that must be there because another one refers to it. */
  get<K extends KindName>(kind: K, id: number): Entity<K> {
    const found = this.find(kind, id);
    if (found === undefined) throw new Error(`${kind} ${id} is referred to and does not exist`);
    return found;
  }

  byName<K extends KindName>(kind: K, name: string): Entity<K> | undefined {
    return this.all(kind).find((entity) => entity.name === name);
  }

  /** The id that the next object of a kind gets: ids are never used twice. */
  nextId(kind: KindName, first: number): number {
    return Math.max(first, Number(this.attribute(`LAST_OID_${TABLES[kind]}`) ?? "-1") + 1);
  }

  add<K extends KindName>(kind: K, entity: Entity<K>): Entity<K> {
    this.pool(kind).set(entity.id, entity);
    if (entity.id >= this.nextId(kind, 0)) this.setAttribute(`LAST_OID_${TABLES[kind]}`, String(entity.id));
    this.touch(kind, entity);
    return entity;
  }

  remove(kind: KindName, id: number): void {
    this.pool(kind).delete(id);
    this.dirty.set(`${kind}/${id}`, { kind, id });
  }

  touch(kind: KindName, entity: { id: number }): void {
    this.dirty.set(`${kind}/${entity.id}`, { kind, id: entity.id });
  }

  attribute(name: string): string | undefined {
    return this.attributes.get(name);
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
    this.dirty.set(`attribute/${name}`, { attribute: name });
  }

  /** Objects of the changes to write, each with what the store holds of it. */
  touched(): { kind: KindName; id: number; before: Entity | undefined }[] {
    return [...this.dirty].flatMap(([key, item]) => {
      if ("attribute" in item) return [];
      const row = this.committed.get(key);
      return [{ ...item, before: row === undefined ? undefined : (JSON.parse(row.body) as Entity) }];
    });
  }

  /** The changes to write; the list is empty when nothing was touched. */
  changes(): Change[] {
    return [...this.dirty.values()].map((item): Change => {
      if ("attribute" in item) {
        const body = this.attributes.get(item.attribute) ?? "";
        return { put: { table: ATTRIBUTES, oid: -1, name: item.attribute, body } };
      }
      const table = TABLES[item.kind];
      const entity = this.find(item.kind, item.id);
      if (entity === undefined) return { remove: { table, oid: item.id, name: "" } };
      return { put: { table, oid: entity.id, name: entity.name, body: JSON.stringify(entity) } };
    });
  }

  committedChanges(changes: Change[]): void {
    for (const change of changes) {
      if ("put" in change) this.committed.set(this.keyOf(change.put), change.put);
      else this.committed.delete(this.keyOf(change.remove));
    }
    this.dirty.clear();
  }

  private keyOf(row: Pick<Row, "table" | "oid" | "name">): string {
    return row.table === ATTRIBUTES ? `attribute/${row.name}` : `${KINDS.get(row.table)}/${row.oid}`;
  }

  /** Takes back everything since the last commit. */
  rollback(): void {
    for (const [key, item] of this.dirty) {
      const row = this.committed.get(key);
      if ("attribute" in item) this.attributes.delete(item.attribute);
      else this.pool(item.kind).delete(item.id);
      if (row !== undefined) this.restore(row);
    }
    this.dirty.clear();
  }
}
