// SPDX-License-Identifier: Apache-2.0
import { credentials, type CredentialName } from "../../catalogue";
import { withCloud } from "../cloud";
import type { Stack } from "../stack";
import { holdersOf } from "./list";
import { rotations, type Rotation } from "./rotations";

/** What became of one credential. */
export interface RotatedSecret {
  name: CredentialName;
  verdict: "rotated" | "failed";
  /** Why it failed; never holds a value. */
  reason?: string;
  seconds: number;
}

/** Names that `rotate` takes. */
export const rotatable = Object.keys(rotations) as CredentialName[];

/**
 * Replaces credentials one after the other: a run of the program with a new resource, then proof that the new value works and the
 * old one does not. A run that was killed is simply done again: the next run of the program finishes what it left.
 *
 * @param names - as in the inventory.
 * @param kinds - how each is proven. @default on the cloud itself
 * @throws Error for a name that is not known or has no rotation, before anything is changed.
 */
export async function rotate(stack: Stack, names: string[], kinds = rotations): Promise<RotatedSecret[]> {
  const chosen = [...new Set(names)].map(rotatableName);
  const results: RotatedSecret[] = [];
  for (const name of chosen) {
    const started = Date.now();
    const reason = await rotateOne(stack, name, kinds[name]!).then(
      () => undefined,
      (error: Error) => error.message,
    );
    const seconds = (Date.now() - started) / 1000;
    results.push({ name, verdict: reason === undefined ? "rotated" : "failed", reason, seconds });
  }
  return results;
}

async function rotateOne(stack: Stack, name: CredentialName, { valueOf, opens }: Rotation): Promise<void> {
  const holder = async () => {
    const [found, ...more] = holdersOf(await stack.export(), name);
    if (found === undefined || more.length > 0)
      throw new Error(`${name}: the stack has ${found === undefined ? "none" : "several"}; exactly one can be rotated`);
    return found;
  };
  const before = await holder();
  const old = valueOf(before);
  // A question that cannot tell the old value now could not tell later that it is dead.
  const worked = await withCloud(stack, (cloud) => opens(cloud, old));
  if (!worked) throw new Error(`${name}: the present value does not work; run \`pulumi up\` and see why`);
  await stack.up([before.urn]);
  const fresh = valueOf(await holder());
  if (fresh === old) throw new Error(`${name}: the run made no new value`);
  await withCloud(stack, async (cloud) => {
    if (!(await opens(cloud, fresh))) throw new Error(`${name}: the new value does not work`);
    if (await opens(cloud, old)) throw new Error(`${name}: the old value still works`);
  });
}

function rotatableName(name: string): CredentialName {
  const found = rotatable.find((one) => one === name);
  if (found !== undefined) return found;
  if (!(name in credentials))
    throw new Error(`there is no credential "${name}"; \`rotate\` takes ${rotatable.join(", ")}`);
  const { rotation } = credentials[name as CredentialName];
  throw new Error(`${name} is not rotated by this command (${rotation}); it takes ${rotatable.join(", ")}`);
}
