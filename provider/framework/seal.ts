// SPDX-License-Identifier: Apache-2.0

/** What keeps an object from being changed: open while the program itself changes it, and closed again last. */
import type { ObjectWork, PropertyDefinition } from "../definition";
import type { PropertyMap } from "../grpc/provider";
import type { Kind } from "./kind";

/** The property that seals the kind's objects, if there is one. */
function sealOf(kind: Kind): [name: string, definition: PropertyDefinition] | undefined {
  return Object.entries(kind.inputs).find(([, { unseal }]) => unseal !== undefined);
}

interface Sealed {
  work: ObjectWork;
  goal: { wish: PropertyMap; before: PropertyMap | undefined };
  actual: PropertyMap;
}

export class Seal {
  private opened = false;

  constructor(
    private readonly kind: Kind,
    private readonly sealed: Sealed,
  ) {}

  /** Opens what the program has sealed, or is to seal, once. A seal that is somebody else's holds. */
  async open(): Promise<void> {
    const { work, goal, actual } = this.sealed;
    const [name = "", definition] = sealOf(this.kind) ?? [];
    if (this.opened || actual[name] === undefined) return;
    if (goal.wish[name] === undefined && goal.before?.[name] === undefined) return;
    await definition?.unseal?.(work);
    this.opened = true;
  }

  /** Runs a change and seals the object as wished, also after one that failed. @returns whether anything was changed. */
  async around(change: () => Promise<boolean>): Promise<boolean> {
    try {
      const changed = await change();
      return (await this.close()) || changed;
    } catch (error) {
      // The change's own failure is what people have to know; a seal that is missing shows as a difference.
      if (this.opened) await this.close().catch(() => false);
      throw error;
    }
  }

  private async close(): Promise<boolean> {
    const { work, goal, actual } = this.sealed;
    const [name = "", definition] = sealOf(this.kind) ?? [];
    const wanted = goal.wish[name];
    const is = this.opened ? undefined : actual[name];
    if (definition?.apply === undefined || wanted === is) return false;
    // Nobody in the program has ever spoken of it.
    if (wanted === undefined && goal.before?.[name] === undefined) return false;
    await definition.apply(work, { name, wanted, actual: is });
    return true;
  }
}

/** Opens, before a deletion, what the program has sealed. */
export async function unsealForDeletion(
  kind: Kind,
  { work, actual, inputs }: { work: Pick<ObjectWork, "id" | "call">; actual: PropertyMap; inputs: PropertyMap },
): Promise<void> {
  const [name = "", definition] = sealOf(kind) ?? [];
  if (inputs[name] !== undefined && actual[name] !== undefined) await definition?.unseal?.(work);
}
