// SPDX-License-Identifier: Apache-2.0
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { bundleHash, renderBundle, resolveState } from "./bundle";
import { commandConnection, type Dialling, type HostConnection } from "./connection";
import { convergerFile } from "./program";
import type { ConvergeAnswer, HostState } from "./state";
import { referencesOf } from "./text";

/** Where the converger lies on every host: in the administrator's home, because SFTP writes as the administrator. */
const CONVERGER = ".opennebula-scaleway/converger.py";
const RUN = `sudo -n /usr/bin/python3 -I -B "$HOME/${CONVERGER}"`;

/** Copies the converger to a host, once: what every layer's command then runs. */
export function copyConverger(
  name: string,
  args: { connection: HostConnection },
  opts: pulumi.CustomResourceOptions,
): command.remote.CopyToRemote {
  return new command.remote.CopyToRemote(
    name,
    {
      connection: commandConnection(args.connection),
      source: new pulumi.asset.FileAsset(convergerFile()),
      remotePath: CONVERGER,
    },
    opts,
  );
}

/** A host to which a layer comes after others. */
export interface LayerHost {
  connection: HostConnection;
  /** What must be done before anything of the layer. */
  ready: pulumi.Resource[];
  /** The machine itself: what is installed on it goes with it. */
  server: pulumi.Resource;
}

export interface LayerArgs {
  /** The host's name, for messages. */
  host: string;
  /** `baremetal`, `frontend`, ...: what the host's manifest calls the owner of these entries. */
  layer: string;
  connection: HostConnection;
  state: HostState;
  /** A value for every reference in `state`, by its name. */
  values: Record<string, pulumi.Input<string>>;
  /**
   * Nothing else needs the layer: what a failed first apply has left on the host is taken away again, so that it is in nobody's way. Where
   * it is optional, a failure is in the answer and does not fail the run; the next change of the layer tries again. @default no
   */
  detached?: { optional: boolean };
}

/** One layer on one host. */
export interface ConvergedLayer {
  command: command.remote.Command;
  /** Hash of the state that was sent. */
  applied: pulumi.Output<string>;
  /** What the host answered. */
  answer: pulumi.Output<ConvergeAnswer>;
}

/**
 * Makes a host hold one layer's state: one command, one login when the state changed, none when it did not.
 *
 * @throws Error when a reference in the state has no value.
 */
export function convergeLayer(name: string, args: LayerArgs, opts: pulumi.CustomResourceOptions): ConvergedLayer {
  const references = referencesOf(args.state);
  const missing = references.filter(({ ref }) => !(ref in args.values)).map(({ ref }) => ref);
  if (missing.length > 0) throw new Error(`host ${args.host}, layer ${args.layer}: no value for ${missing.join(", ")}`);
  const known = Object.fromEntries(references.map(({ ref }) => [ref, args.values[ref]!]));
  // Outputs are dear where there are thousands of commands: no more of them than are needed.
  const bundle = pulumi.secret(known).apply((values) => {
    const { state, secrets } = resolveState(args.state, ({ ref }) => values[ref]!);
    return renderBundle({ host: args.host, layer: args.layer, state, secrets });
  });
  const { create, update } = applyCommands(args);
  const converge = new command.remote.Command(
    name,
    {
      connection: commandConnection(args.connection),
      // The change is `stdin`: triggers would replace the command, and the old undo would follow the new work.
      create,
      update,
      delete: `${RUN} undo ${args.layer}`,
      stdin: bundle,
      addPreviousOutputInEnv: false,
      logging: command.remote.Logging.None,
    },
    pulumi.mergeOptions(
      {
        additionalSecretOutputs: ["stdout", "stderr"],
        customTimeouts: { create: "40m", update: "40m", delete: "10m" },
      },
      opts,
    ),
  );
  return {
    command: converge,
    get applied() {
      return pulumi.unsecret(bundle.apply(bundleHash));
    },
    get answer() {
      return converge.stdout.apply((stdout) => JSON.parse(stdout) as ConvergeAnswer);
    },
  };
}

/** Exit status 1 of the converger is a layer that failed; its answer is on standard output all the same. */
export function applyCommands({ layer, detached }: Pick<LayerArgs, "layer" | "detached">): {
  create: string;
  update: string;
} {
  const apply = `${RUN} apply`;
  if (!detached) return { create: apply, update: apply };
  const undo = `${RUN} undo ${layer} >&2`;
  return detached.optional
    ? { create: `${apply} || ${undo}`, update: `${apply} || test $? = 1` }
    : { create: `${apply} || { ${undo}; exit 1; }`, update: apply };
}

export interface ConfirmArgs {
  /** The host's name, for messages. */
  host: string;
  layer: string;
  connection: HostConnection;
  applied: ConvergedLayer;
  /** @default {@link ORDINARY_DIAL} */
  dial?: Dialling;
}

/** What `confirm` says after it has applied again what the host had taken back; only one more new connection proves it. */
const APPLIED_AGAIN = "applied again and waits for another connection";

/**
 * Confirms a commit-confirmed layer through a connection of its own. Nothing to undo: what was confirmed goes with the layer.
 *
 * A host that has taken the change back meanwhile (the run that applied it was killed) applies it again and refuses this connection
 * as proof, because it was made under the old rules; so the command is run once more.
 */
export function confirmLayer(
  name: string,
  args: ConfirmArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const run = `${RUN} confirm ${args.layer}`;
  return new command.remote.Command(
    name,
    {
      connection: commandConnection(args.connection, args.dial),
      create: run,
      update: run,
      stdin: args.applied.applied,
      addPreviousOutputInEnv: false,
      logging: command.remote.Logging.None,
    },
    pulumi.mergeOptions(
      {
        dependsOn: [args.applied.command],
        customTimeouts: { create: "10m", update: "10m" },
        hooks: {
          onError: [new pulumi.ErrorHook(`${name}-unconfirmed`, ({ errors }) => askAgain(args, errors))],
        },
      },
      opts,
    ),
  );
}

/** Newest error first. Asks for one more attempt, or says what an unconfirmed change means. */
function askAgain({ host, layer }: ConfirmArgs, errors: string[]): boolean {
  if (errors.length === 1 && errors[0]!.includes(APPLIED_AGAIN)) return true;
  void pulumi.log.error(
    `host ${host}, layer ${layer}: no new connection has confirmed the change, so the host takes it back by itself within two ` +
      `minutes and is reachable as before. Most often the change shuts out the address that this run comes from: see that ` +
      `admin.networks holds it, and run again.`,
  );
  return false;
}
