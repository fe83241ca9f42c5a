// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { aclFromXml, aclRuleToHex, formatAclRule, type Acl, type AclRule } from "../objects/acl";
import { parseXml } from "../xml";

/** Access rules. They have neither names nor templates, and oned gives them only all at once. */
export class AclCalls {
  constructor(private readonly client: OneClient) {}

  async list(options?: CallOptions): Promise<Acl[]> {
    const rules: Acl[] = [];
    parseXml("one.acl.info", await this.client.call("one.acl.info", [], options), (element) => {
      rules.push(aclFromXml(element));
    });
    return rules;
  }

  /** Undefined if there is no such rule. */
  async find(id: number, options?: CallOptions): Promise<Acl | undefined> {
    return (await this.list(options)).find((acl) => acl.id === id);
  }

  /** The rule that says the same, whatever the order of its names. */
  async findByRule(rule: AclRule, options?: CallOptions): Promise<Acl | undefined> {
    const wanted = Object.values(aclRuleToHex(rule)).join();
    return (await this.list(options)).find(({ hex }) => Object.values(hex).join() === wanted);
  }

  /**
   * Adds a rule; oned refuses one that is there.
   *
   * @returns its id.
   * @throws InvalidValueError naming the part of the rule that is wrong.
   */
  async allocate(rule: AclRule, options?: CallOptions): Promise<number> {
    const { user, resource, rights, zone } = aclRuleToHex(rule, formatAclRule(rule));
    return this.client.call("one.acl.addrule", [user, resource, rights, zone], options);
  }

  async delete(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.acl.delrule", [id], options);
  }
}
