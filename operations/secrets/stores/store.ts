// SPDX-License-Identifier: Apache-2.0
import { SecretStoreKind } from "../../../catalogue";
import type { Cloud } from "../../../config/cloud";
import { scalewaySecretManager } from "./scaleway";
import { vaultStore } from "./vault";

/** The parts of a credential by key, e.g. `{ password }`. */
export type StoredSecret = Record<string, string>;

/** Where credentials of a cloud are, beside the stack's state. Errors hold no value. */
export interface SecretStore {
  /** What it is and where, for people. */
  readonly about: string;
  /** Names of what is in the stack's folder. */
  names(): Promise<string[]>;
  /** The newest version; undefined where there is none. */
  read(name: string): Promise<StoredSecret | undefined>;
  /** Adds a version. Absent where each run of the program does that. */
  write?(name: string, secret: StoredSecret): Promise<void>;
}

/** What opens a store from the operator's side. */
export interface StoreSurroundings {
  /** The stack's name. */
  stack: string;
  /** Directory of the program, from which paths of files are meant. */
  directory: string;
  environment: NodeJS.ProcessEnv;
}

/** The store of a cloud; undefined where credentials are in the stack's state alone. Asks nobody yet. */
export function secretStore(
  { secrets, region, projectId }: Pick<Cloud, "secrets" | "region" | "projectId">,
  surroundings: StoreSurroundings,
): SecretStore | undefined {
  switch (secrets.store) {
    case SecretStoreKind.ScalewaySecretManager:
      return scalewaySecretManager({ path: secrets.path, region, projectId }, surroundings);
    case SecretStoreKind.Vault:
      return vaultStore(secrets.path, secrets.vault!, surroundings);
    case SecretStoreKind.Pulumi:
      return undefined;
  }
}
