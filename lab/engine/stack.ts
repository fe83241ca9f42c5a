// SPDX-License-Identifier: Apache-2.0
/** A stack as the commands see it: project, configuration, secrets and state. */
import { Backend } from "./backend";
import { StateCodec, newManifest, verifyDeployment } from "./checkpoint";
import { StackFile, loadProject } from "./project";
import type { Project, StackConfig } from "./project";
import { newSalt, openSalt } from "./secrets";
import type { Crypter } from "./secrets";
import type { Deployment, PendingOperation, ResourceState } from "./types";
import { ROOT_STACK_TYPE } from "./urn";
import { isSecret, rewrite, stripSecrets } from "./values";
import type { Props } from "./values";

export interface StackOptions {
  projectDir: string;
  stack: string;
  configFile?: string;
  backendDir: string;
  passphrase: string;
}

/** The state with secrets opened. */
export interface OpenState {
  resources: ResourceState[];
  pending: PendingOperation[];
}

const MASK = "[secret]";

interface StackParts {
  project: Project;
  name: string;
  backend: Backend;
  config: StackConfig;
  codec: StateCodec;
  salt: string | undefined;
  crypters: Crypters;
}

export class Stack {
  readonly project: Project;
  readonly name: string;
  readonly backend: Backend;
  readonly config: StackConfig;
  readonly codec: StateCodec;
  private readonly salt: string | undefined;
  private readonly crypters: Crypters;

  private constructor(parts: StackParts) {
    this.project = parts.project;
    this.name = parts.name;
    this.backend = parts.backend;
    this.config = parts.config;
    this.codec = parts.codec;
    this.salt = parts.salt;
    this.crypters = parts.crypters;
  }

  /**
   * Opens a stack.
   * @param create - whether a stack without a salt gets one, in its configuration file
   * @throws Error when a file is wrong or the passphrase does not belong to the stack
   */
  static async open(options: StackOptions, { create }: { create: boolean }): Promise<Stack> {
    const project = loadProject(options.projectDir);
    if (!/^[A-Za-z0-9_.-]{1,100}$/.test(options.stack)) {
      throw new Error(`stack '${options.stack}': a name may hold letters, digits, '_', '-' and '.', at most 100`);
    }
    const file = StackFile.load(project, options.stack, options.configFile);
    const backend = new Backend(options.backendDir, project.name, options.stack);
    const crypters = new Crypters(options.passphrase);
    const salt = await chooseSalt(file, backend, { create, crypters });
    const crypter = salt === undefined ? undefined : await crypters.get(salt);
    const config = file.open(project, crypter);
    const codec = new StateCodec(crypter);
    return new Stack({ project, name: options.stack, backend, config, codec, salt, crypters });
  }

  get scope(): { stack: string; project: string } {
    return { stack: this.name, project: this.project.name };
  }

  /** The state, secrets opened. */
  async read(): Promise<OpenState> {
    const deployment = this.backend.read();
    if (!deployment) return { resources: [], pending: [] };
    const codec = await this.codecFor(deployment);
    const opened = codec.openDeployment(deployment);
    return { resources: opened.resources ?? [], pending: opened.pending_operations ?? [] };
  }

  /** A state may have been encrypted under another salt than the configuration file's, by an older run or an import. */
  private async codecFor(deployment: Deployment): Promise<StateCodec> {
    const salt = deployment.secrets_providers?.state?.salt;
    return !salt || salt === this.salt ? this.codec : new StateCodec(await this.crypters.get(salt));
  }

  /** The opened resources of another stack of the same backend. */
  async readOther(name: string): Promise<ResourceState[] | undefined> {
    const deployment = this.backend.readOther(name);
    if (!deployment) return undefined;
    return (await this.codecFor(deployment)).openDeployment(deployment).resources ?? [];
  }

  /** Writes a state; secrets are encrypted. */
  write(state: OpenState): void {
    this.backend.write(this.codec.sealDeployment(this.deployment(state)));
  }

  private deployment({ resources, pending }: OpenState): Deployment {
    return {
      manifest: newManifest(),
      ...(this.salt ? { secrets_providers: { type: "passphrase", state: { salt: this.salt } } } : {}),
      resources,
      pending_operations: pending,
      metadata: {},
    };
  }

  /** The outputs of the stack. */
  async outputs({ showSecrets }: { showSecrets: boolean }): Promise<Props> {
    const { resources } = await this.read();
    const outputs = resources.find((state) => state.type === ROOT_STACK_TYPE && !state.delete)?.outputs ?? {};
    if (showSecrets) return stripSecrets(outputs);
    return rewrite(outputs, (node) => (isSecret(node) ? MASK : undefined)) as Props;
  }

  /** The deployment as it lies in the file, or with secrets as plain JSON text. */
  async export({ showSecrets }: { showSecrets: boolean }): Promise<Deployment> {
    const deployment = this.backend.read() ?? this.deployment({ resources: [], pending: [] });
    if (!showSecrets) return deployment;
    const codec = await this.codecFor(deployment);
    return codec.sealDeployment(codec.openDeployment(deployment), "plaintext");
  }

  /**
   * Replaces the state.
   * @throws Error that lists all that is wrong with the deployment
   */
  async import(deployment: Deployment): Promise<void> {
    const problems = verifyDeployment(deployment, this.scope);
    if (problems.length > 0) throw new Error(`the deployment cannot be imported:\n- ${problems.join("\n- ")}`);
    const opened = (await this.codecFor(deployment)).openDeployment(deployment);
    this.write({ resources: opened.resources ?? [], pending: opened.pending_operations ?? [] });
  }
}

/** Keys that this process has derived, by passphrase and salt: deriving one takes half a second. */
const DERIVED = new Map<string, Promise<Crypter>>();

class Crypters {
  constructor(private readonly passphrase: string) {}

  get(salt: string): Promise<Crypter> {
    const key = `${this.passphrase}\n${salt}`;
    let crypter = DERIVED.get(key);
    if (!crypter) {
      crypter = openSalt(this.passphrase, salt);
      DERIVED.set(key, crypter);
      // A wrong passphrase is not remembered.
      crypter.catch(() => DERIVED.delete(key));
    }
    return crypter;
  }

  async create(): Promise<string> {
    const { salt, crypter } = await newSalt(this.passphrase);
    DERIVED.set(`${this.passphrase}\n${salt}`, Promise.resolve(crypter));
    return salt;
  }
}

async function chooseSalt(
  file: StackFile,
  backend: Backend,
  { create, crypters }: { create: boolean; crypters: Crypters },
): Promise<string | undefined> {
  const salt = file.salt ?? backend.read()?.secrets_providers?.state?.salt;
  if (salt || !create) return salt;
  const made = await crypters.create();
  file.saveSalt(made);
  return made;
}
