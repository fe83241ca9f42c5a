// SPDX-License-Identifier: Apache-2.0
import { credentials, type CredentialName } from "../../catalogue";
import { withCloud } from "../cloud";
import type { Stack } from "../stack";
import { holdersOf } from "./list";
import { hostRotations, type HostRotation } from "./on-host";
import { storeFresh } from "./sync";
import { rotations, type Rotation } from "./rotations";

/** What became of one credential. */
export interface RotatedSecret {
  name: CredentialName;
  /** `absent`: this cloud has none, and all that there are were asked for. */
  verdict: "rotated" | "failed" | "absent";
  /** Why it failed; never holds a value. */
  reason?: string;
  seconds: number;
}

/** How credentials are replaced and proven: those that the stack holds, and those that a host keeps. */
export interface RotationKinds {
  stack: Partial<Record<CredentialName, Rotation>>;
  hosts: Partial<Record<CredentialName, HostRotation>>;
  /** Directory of the program, from which the secret store's files are meant. @default the current one */
  directory?: string;
}

/** On the cloud itself. @param directory - of the program. */
export const rotationKinds = (directory?: string): RotationKinds => ({
  stack: rotations,
  hosts: hostRotations,
  directory,
});

/** Names that `rotate` takes, in the order of the inventory. */
export const rotatable = (Object.keys(credentials) as CredentialName[]).filter(
  (name) => name in rotations || name in hostRotations,
);

/**
 * Replaces credentials one after the other: a run of the program with a new resource, or a replacement on the host that keeps it; then
 * proof that the new value works and the old one does not. A run that was killed is simply done again: the next run of the program
 * finishes what it left.
 *
 * @param names - as in the inventory; `all`: each that this cloud has.
 * @param kinds - how each is replaced and proven. @default on the cloud itself
 * @param all - what `all` means. @default every name that has a rotation
 * @throws Error for a name that is not known or has no rotation, before anything is changed.
 */
export async function rotate(
  stack: Stack,
  names: string[] | "all",
  kinds = rotationKinds(),
  all = rotatable,
): Promise<RotatedSecret[]> {
  const chosen = names === "all" ? all : [...new Set(names)].map(rotatableName);
  const results: RotatedSecret[] = [];
  for (const name of chosen) {
    const started = Date.now();
    const outcome = await rotateOne(stack, name, kinds).then(
      (done): Pick<RotatedSecret, "verdict" | "reason"> =>
        done ? { verdict: "rotated" } : absent(name, names === "all"),
      (error: Error): Pick<RotatedSecret, "verdict" | "reason"> => ({ verdict: "failed", reason: error.message }),
    );
    results.push({ name, ...outcome, seconds: (Date.now() - started) / 1000 });
  }
  return results;
}

function absent(name: string, isAll: boolean): Pick<RotatedSecret, "verdict" | "reason"> {
  return isAll ? { verdict: "absent" } : { verdict: "failed", reason: `${name}: this cloud has none` };
}

/** @returns false where this cloud has no such credential. */
async function rotateOne(stack: Stack, name: CredentialName, kinds: RotationKinds): Promise<boolean> {
  const onHost = kinds.hosts[name];
  if (onHost)
    return withCloud(stack, async (cloud) => {
      if (!onHost.applies(cloud.config)) return false;
      await onHost.replace(cloud);
      return true;
    });
  return rotateResource(stack, name, kinds.stack[name]!, kinds.directory);
}

async function rotateResource(
  stack: Stack,
  name: CredentialName,
  rotation: Rotation,
  directory?: string,
): Promise<boolean> {
  const { valueOf, opens, prepare, settle } = rotation;
  const holders = async () => holdersOf(await stack.export(), name);
  const [before, ...more] = await holders();
  if (before === undefined) return false;
  if (more.length > 0) throw new Error(`${name}: the stack has several; exactly one can be rotated`);
  const old = valueOf(before);
  await withCloud(stack, async (cloud) => {
    await settle?.(cloud, old);
    // A question that cannot tell the old value now could not tell later that it is dead.
    if (!(await opens(cloud, old)))
      throw new Error(`${name}: the present value does not work; run \`pulumi up\` and see why`);
    await prepare?.(cloud, old);
  });
  await stack.up([before.urn]);
  const [after] = await holders();
  const fresh = after && valueOf(after);
  if (fresh === undefined || fresh === old) throw new Error(`${name}: the run made no new value`);
  await withCloud(stack, async (cloud) => {
    await settle?.(cloud, fresh);
    if (!(await opens(cloud, fresh))) throw new Error(`${name}: the new value does not work`);
    if (await opens(cloud, old)) throw new Error(`${name}: the old value still works`);
  });
  await storeFresh(stack, name, directory);
  return true;
}

function rotatableName(name: string): CredentialName {
  const found = rotatable.find((one) => one === name);
  if (found !== undefined) return found;
  if (!(name in credentials))
    throw new Error(`there is no credential "${name}"; \`rotate\` takes ${rotatable.join(", ")}`);
  const { rotation } = credentials[name as CredentialName];
  throw new Error(`${name} is not rotated by this command (${rotation}); it takes ${rotatable.join(", ")}`);
}
