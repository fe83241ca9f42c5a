// SPDX-License-Identifier: Apache-2.0

/** Random strings with a least number of characters of each class. */
import { randomInt } from "node:crypto";

/** What a string may hold, as RandomString and RandomPassword take it. */
export interface CharacterRules {
  length: number;
  upper: boolean;
  lower: boolean;
  /** Older name of `numeric`; either one switches digits off. */
  number: boolean;
  numeric: boolean;
  special: boolean;
  minUpper: number;
  minLower: number;
  minNumeric: number;
  minSpecial: number;
  overrideSpecial?: string;
}

export const CHARACTER_DEFAULTS = {
  upper: true,
  lower: true,
  number: true,
  numeric: true,
  special: true,
  minUpper: 0,
  minLower: 0,
  minNumeric: 0,
  minSpecial: 0,
} as const;

const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";
const SPECIAL = "!@#$%&*()-_=+[]{}<>:?";

/** The classes with their least number; a class that is off but has a least number still gives that many. */
function classesOf(rules: CharacterRules): { name: string; characters: string; least: number; on: boolean }[] {
  const special = rules.overrideSpecial === undefined || rules.overrideSpecial === "" ? SPECIAL : rules.overrideSpecial;
  return [
    { name: "minUpper", characters: UPPER, least: rules.minUpper, on: rules.upper },
    { name: "minLower", characters: LOWER, least: rules.minLower, on: rules.lower },
    { name: "minNumeric", characters: DIGITS, least: rules.minNumeric, on: rules.numeric && rules.number },
    { name: "minSpecial", characters: special, least: rules.minSpecial, on: rules.special },
  ];
}

/** Why no string can follow the rules, or `undefined`. */
export function impossible(rules: CharacterRules): { property: string; reason: string } | undefined {
  const classes = classesOf(rules);
  const least = classes.reduce((sum, item) => sum + item.least, 0);
  if (rules.length < least) {
    const names = classes.map(({ name }) => name).join(" + ");
    return { property: "length", reason: `'length' must be at least ${names}, which is ${least}, got ${rules.length}` };
  }
  if (rules.length > least && !classes.some(({ on }) => on)) {
    return { property: "upper", reason: "at least one of 'upper', 'lower', 'numeric' and 'special' must be true" };
  }
  return undefined;
}

/** A string from the system's random source; every string that follows the rules can come out. */
export function randomCharacters(rules: CharacterRules): string {
  const classes = classesOf(rules);
  const all = classes.map(({ characters, on }) => (on ? characters : "")).join("");
  const chosen = classes.flatMap(({ characters, least }) => Array.from({ length: least }, () => pick(characters)));
  while (chosen.length < rules.length) chosen.push(pick(all));
  return shuffled(chosen).join("");
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** The items in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
