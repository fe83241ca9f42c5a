// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { SshHop } from "../opennebula";
import { reveal, type StackResource } from "./stack";

/** A layer as the stack's state says that it was applied to a host. */
export interface AppliedLayer {
  host: string;
  layer: string;
  connection: SshHop;
  /** What the converger got on standard input; holds secrets. */
  bundle: string;
  /** sha256 of the bundle. */
  hash: string;
  /** Command line of the converger without its last word, e.g. `sudo -n /usr/bin/python3 ...`. */
  converger: string;
  /** Must be confirmed through a connection of its own after an apply. */
  needsConfirmation: boolean;
}

interface BundleHead {
  host: string;
  layer: string;
  state: { commitConfirm?: object };
}

/** Layers that nothing else needs have a word about failure behind it. */
const APPLY = / apply(?: \|\| .*)?$/;
const OPTIONAL = / apply \|\| (?!\{)/;

function isInstalled({ outputs = {} }: StackResource): boolean {
  const { stdout } = reveal(outputs) as { stdout: string };
  return (JSON.parse(stdout) as { ok: boolean }).ok;
}

/** Every layer of every host, from the remote commands in a stack's state, by host and in the order in which they are applied. */
export function appliedLayers(resources: StackResource[]): AppliedLayer[] {
  const layers = resources.flatMap((resource) => {
    if (resource.type !== "command:remote:Command") return [];
    const { create, stdin, connection } = reveal(resource.inputs ?? {}) as {
      create?: string;
      stdin?: string;
      connection: SshHop;
    };
    if (create === undefined || stdin === undefined || !APPLY.test(create)) return [];
    // An optional layer that could not be installed is not on the host, and not meant to be.
    if (OPTIONAL.test(create) && !isInstalled(resource)) return [];
    const { host, layer, state } = JSON.parse(stdin) as BundleHead;
    const applied: AppliedLayer = {
      host,
      layer,
      connection: {
        host: connection.host,
        port: connection.port,
        user: connection.user,
        privateKey: connection.privateKey,
        hostKey: connection.hostKey,
      },
      bundle: stdin,
      hash: createHash("sha256").update(stdin).digest("hex"),
      converger: create.replace(APPLY, ""),
      needsConfirmation: state.commitConfirm !== undefined,
    };
    return [applied];
  });
  return layers.sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
}
