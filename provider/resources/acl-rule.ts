// SPDX-License-Identifier: Apache-2.0

/** Access rules as people write them, `@100 VM+NET/* CREATE *`: mistakes in the provider's words, and one spelling for comparisons. */
import { ACL_RESOURCES, ACL_RIGHTS, formatAclRule, InvalidValueError, parseAclRule } from "../../opennebula";

/** What is wrong with a rule; undefined if nothing is. */
export function ruleMistake(text: string): string | undefined {
  try {
    parseAclRule(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    return (
      'must be "<who> <resources>/<which> <rights> [<zone>]" such as "@100 VM+NET/* CREATE *"; ' +
      `resources are ${Object.keys(ACL_RESOURCES).join(", ")}, rights ${Object.keys(ACL_RIGHTS).join(", ")}`
    );
  }
}

/** The one spelling of a rule, for comparisons; a malformed one stays as it is. */
export function canonicalRule(text: string): string {
  return ruleMistake(text) === undefined ? formatAclRule(parseAclRule(text)) : text.trim();
}
