// SPDX-License-Identifier: Apache-2.0
import { OneClient, type CallOptions } from "../client";
import { InvalidValueError, isNoExists } from "../errors";
import { KINDS, type Kind, type KindsWith, type ListedOf, type ObjectOf, type SpecificationOf } from "../objects/kinds";
import { PERMISSION_NAMES, type LockLevel, type Permissions } from "../objects/parts";
import type { RpcParameter } from "../rpc/encode";
import type { MethodName } from "../signatures";
import { buildTemplate } from "../template/build";
import type { Template } from "../template/template";
import { parseXml } from "../xml";
import { allocationParameters, TEMPLATE_UPDATE } from "./parameters";
import { poolPages, type PoolQuery } from "./pool";

/** How {@link ObjectCalls.findByName} looks. */
export interface NameQuery extends PoolQuery {
  /** Only objects of this owner: names of networks, images, templates and the like are unique for each owner only. */
  userId?: number;
}

/**
 * The calls that every kind of object has, in the same form for all, so that code can be written for any kind:
 * {@link can} tells what a kind has beyond reading, updating and allocating, and the compiler refuses the rest.
 *
 * Each call throws CallError (oned refused), FaultError, TransportError (see `maybeDone`: was it perhaps carried out?) and
 * InvalidValueError (nothing was sent). Calls that do no harm when repeated are repeated after a lost answer; `allocate`, `delete`
 * and `lock` are not.
 *
 * @example
 * const vnets = one.objects("vn");
 * const id = await vnets.allocate({ template: { NAME: "private", VN_MAD: "vxlan" } });
 * if (vnets.can("chmod")) await vnets.chmod(id, { groupUse: true });
 */
export class ObjectCalls<K extends Kind> {
  constructor(
    protected readonly client: OneClient,
    readonly kind: K,
  ) {}

  /** True if oned has this call for the kind, e.g. `lock`; tells the compiler, too. */
  can<Action extends string>(action: Action): this is ObjectCalls<KindsWith<Action> & K> {
    return OneClient.knows(`one.${this.kind}.${action}`);
  }

  /** @throws CallError NO_EXISTS, see {@link find} */
  async info(id: number, options?: CallOptions): Promise<ObjectOf<K>> {
    const element = parseXml(`one.${this.kind}.info`, await this.send<string>("info", [id], options));
    return KINDS[this.kind].fromXml(element) as ObjectOf<K>;
  }

  /** Undefined if there is no such object. A VM that is done is still there. */
  async find(id: number, options?: CallOptions): Promise<ObjectOf<K> | undefined> {
    try {
      return await this.info(id, options);
    } catch (error) {
      if (isNoExists(error)) return undefined;
      throw error;
    }
  }

  /** Every object that the user may see, newest first; {@link pages} keeps memory bounded. */
  async list(query?: PoolQuery): Promise<ListedOf<K>[]> {
    const all: ListedOf<K>[] = [];
    for await (const page of this.pages(query)) all.push(...page);
    return all;
  }

  /** The same in pages; kinds whose pool oned gives only whole (hosts, users, ...) come in one. */
  pages(query?: PoolQuery): AsyncGenerator<ListedOf<K>[]> {
    return poolPages(this.client, this.kind, query);
  }

  /** The newest object of that name. */
  async findByName(name: string, query: NameQuery = {}): Promise<ListedOf<K> | undefined> {
    const { userId, ...pool } = query;
    for await (const page of this.pages(pool)) {
      const found = page.find((one) => one.name === name && (userId === undefined || ownerOf(one) === userId));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * Makes a new object. Never repeated by itself once oned may have seen it.
   *
   * @returns its id.
   */
  async allocate(specification: SpecificationOf<K>, options?: CallOptions): Promise<number> {
    return this.send<number>("allocate", allocationParameters(this.kind, specification), options);
  }

  /** Adds attributes to the template, replacing those of the same name. Of a VM it is the user template. */
  async merge(id: number, template: Template, options?: CallOptions): Promise<void> {
    await this.update(id, template, { mode: TEMPLATE_UPDATE.merge, options });
  }

  /** Makes this the whole template; what oned itself needs stays. Of a VM it is the user template. */
  async replace(id: number, template: Template, options?: CallOptions): Promise<void> {
    await this.update(id, template, { mode: TEMPLATE_UPDATE.replace, options });
  }

  async rename(this: ObjectCalls<KindsWith<"rename">>, id: number, name: string, options?: CallOptions): Promise<void> {
    await this.send("rename", [id, name], { repeatable: true, ...options });
  }

  /** Gives the object to somebody else; what is left out stays. */
  async chown(
    this: ObjectCalls<KindsWith<"chown">>,
    id: number,
    owner: { userId?: number; groupId?: number },
    options?: CallOptions,
  ): Promise<void> {
    await this.send("chown", [id, owner.userId ?? -1, owner.groupId ?? -1], { repeatable: true, ...options });
  }

  /** Changes permissions; what is left out stays. */
  async chmod(
    this: ObjectCalls<KindsWith<"chmod">>,
    id: number,
    permissions: Partial<Permissions>,
    options?: CallOptions,
  ): Promise<void> {
    const bits = PERMISSION_NAMES.map((name) => (permissions[name] === undefined ? -1 : Number(permissions[name])));
    // A VM template's images can follow it; here they do not.
    const more = this.kind === "template" ? [false] : [];
    await this.send("chmod", [id, ...bits, ...more], { repeatable: true, ...options });
  }

  /** Where the object may not be deleted now, e.g. because a VM uses it, oned refuses. */
  async delete(this: ObjectCalls<KindsWith<"delete">>, id: number, options?: CallOptions): Promise<void> {
    // Neither by force nor together with a template's images.
    const more = this.kind === "image" || this.kind === "template" ? [false] : [];
    await this.send("delete", [id, ...more], options);
  }

  /** Keeps everybody, oneadmin included, from these operations, until {@link unlock}. */
  async lock(this: ObjectCalls<KindsWith<"lock">>, id: number, level: LockLevel, options?: CallOptions): Promise<void> {
    await this.send("lock", [id, level, false], options);
  }

  async unlock(this: ObjectCalls<KindsWith<"unlock">>, id: number, options?: CallOptions): Promise<void> {
    await this.send("unlock", [id], options);
  }

  private async update(
    id: number,
    template: Template,
    how: { mode: number; options: CallOptions | undefined },
  ): Promise<void> {
    const text = buildTemplate(template);
    // The same text twice gives the same template, so a lost answer is asked for again.
    await this.send("update", [id, text, how.mode], { repeatable: true, ...how.options });
  }

  /** A call of this kind, by its last word. That the kind has it is told by {@link can} and the types above. */
  protected async send<Answer extends string | number>(
    action: string,
    parameters: readonly RpcParameter[],
    options?: CallOptions,
  ): Promise<Answer> {
    const method = `one.${this.kind}.${action}`;
    if (!OneClient.knows(method))
      throw new InvalidValueError(method, `oned has no such call for a ${KINDS[this.kind].title}`);
    return (await this.client.call<MethodName>(method, parameters as never, options)) as Answer;
  }
}

function ownerOf(object: object): number | undefined {
  return "owner" in object ? (object.owner as { userId: number }).userId : undefined;
}
