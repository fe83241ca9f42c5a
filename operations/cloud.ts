// SPDX-License-Identifier: Apache-2.0
import { HostRole } from "../catalogue";
import { parseCloud, type Cloud } from "../config/cloud";
import { OpenNebula, type SshHop } from "../opennebula";
import { quoteWord } from "./quote";
import { SshSession, type RemoteResult } from "./ssh";
import type { Stack } from "./stack";

/** A host of a deployed cloud. */
export interface DeployedHost {
  name: string;
  roles: readonly HostRole[];
  publicAddress: string;
  managementAddress: string;
  /** The pinned way in: the host's own key, the stack's deploy key. Holds a secret. */
  hop: SshHop;
}

/** What of the stack's outputs day-two commands stand on; `index.ts` exports them. */
interface Outputs {
  /** PEM of the stack's own certificate authority; undefined where certificates come from elsewhere. */
  certificateAuthority?: string;
  hosts: Record<string, { publicAddress: string; managementAddress: string; hostKey: string }>;
  login: {
    ssh: { user: string; privateKey: string };
    oned: { endpoint: string; username: string; password: string; ssh: SshHop };
  };
}

/** The answer of a command that was not 0. */
export class RemoteFailure extends Error {
  constructor(
    readonly host: string,
    readonly result: RemoteResult,
  ) {
    const last = result.stderr.trim().split("\n").at(-1) ?? "";
    super(`host ${host}: exit status ${result.exitCode}${last === "" ? "" : `: ${last}`}`);
    this.name = "RemoteFailure";
  }
}

/** Room for a host to end a command itself before the connection is cut. */
const GRACE_SECONDS = 10;

/**
 * A deployed cloud as day-two commands work on it: its hosts over SSH with pinned keys, its oned through an SSH channel, its
 * configuration. Nothing is connected before it is used; each host gets one connection for all commands. To be closed after use.
 */
export class DeployedCloud {
  private readonly sessions = new Map<string, SshSession>();
  private client: OpenNebula | undefined;

  /** Use {@link openCloud}. */
  constructor(
    readonly stack: Stack,
    /** The stack's configuration with every default. */
    readonly config: Cloud,
    /** By name, in the order of the stack file. */
    readonly hosts: readonly DeployedHost[],
    private readonly outputs: Pick<Outputs, "login" | "certificateAuthority">,
  ) {}

  private get login(): Outputs["login"] {
    return this.outputs.login;
  }

  /** PEM of the authority that signs the cloud's certificates; undefined where everybody knows it. */
  get certificateAuthority(): string | undefined {
    return this.outputs.certificateAuthority;
  }

  /** The front-end. */
  get frontend(): DeployedHost {
    return this.withRole(HostRole.Frontend)[0]!;
  }

  withRole(role: HostRole): DeployedHost[] {
    return this.hosts.filter((host) => host.roles.includes(role));
  }

  /** @throws Error that lists the hosts there are. */
  host(name: string): DeployedHost {
    const found = this.hosts.find((host) => host.name === name);
    if (found) return found;
    const names = this.hosts.map((host) => host.name).join(", ");
    throw new Error(`there is no host "${name}" in stack ${this.stack.name}; hosts: ${names}`);
  }

  /** Secrets that day-two commands hold and no report may show. */
  get secrets(): string[] {
    return [this.login.ssh.privateKey, this.login.oned.password];
  }

  /**
   * Runs a command line on a host as the administrator.
   *
   * @param input - standard input; where secrets go.
   * @param seconds - deadline.
   * @returns whatever the command ended with.
   * @throws Error when the host does not answer, shows another key, or takes too long.
   */
  run(host: string, commandLine: string, input = "", seconds = 60): Promise<RemoteResult> {
    return this.session(host).run(commandLine, input, seconds);
  }

  /**
   * Runs a command line on a host as the administrator and passes its output on as it comes.
   *
   * @param signal - ends it.
   * @throws Error when the host does not answer or the signal was given.
   */
  stream(
    host: string,
    commandLine: string,
    onOutput: (chunk: Buffer) => void,
    signal: AbortSignal,
  ): Promise<RemoteResult> {
    return this.session(host).stream(commandLine, onOutput, signal);
  }

  private session(host: string): SshSession {
    const { hop } = this.host(host);
    let session = this.sessions.get(host);
    if (!session) this.sessions.set(host, (session = new SshSession(hop)));
    return session;
  }

  /**
   * Runs a shell script on a host as root; with the deadline it also ends there.
   *
   * @param script - for `sh -eu`; everybody on the host can read it, so secrets go to `input`.
   * @returns standard output.
   * @throws RemoteFailure when it does not end with 0, Error when the host does not answer in time.
   */
  async root(host: string, script: string, input = "", seconds = 60): Promise<string> {
    const commandLine = `sudo -n timeout -k 5 ${Math.ceil(seconds)} sh -euc ${quoteWord(script)}`;
    const result = await this.run(host, commandLine, input, seconds + GRACE_SECONDS);
    if (result.exitCode !== 0) throw new RemoteFailure(host, result);
    return result.stdout;
  }

  /** oned as `oneadmin`, through an SSH channel to the front-end. */
  get oned(): OpenNebula {
    const { endpoint, username, password } = this.login.oned;
    this.client ??= new OpenNebula({ endpoint, username, password, ssh: this.frontend.hop });
    return this.client;
  }

  /** Ends every connection. */
  close(): void {
    this.sessions.forEach((session) => session.close());
    this.sessions.clear();
    this.client?.close();
    this.client = undefined;
  }
}

/**
 * Opens a deployed cloud from its stack's outputs and configuration; connects nowhere yet.
 *
 * @throws Error when the stack has no such outputs (it was never deployed, or by a program of another shape), or its configuration
 *   has mistakes.
 */
export async function openCloud(stack: Stack): Promise<DeployedCloud> {
  const [value, outputs] = await Promise.all([stack.config(), stack.outputs()]);
  // The project says who pays, nothing that a day-two command could need.
  const config = parseCloud(value, process.env.SCW_DEFAULT_PROJECT_ID || "unknown");
  const { hosts, login, certificateAuthority } = deployed(stack.name, outputs);
  const names = Object.keys(config.hosts).filter((name) => name in hosts);
  if (!names.some((name) => config.hosts[name]!.roles.includes(HostRole.Frontend)))
    throw new Error(`stack ${stack.name}: its front-end is not deployed; run \`pulumi up\` first`);
  const { user, privateKey } = login.ssh;
  return new DeployedCloud(
    stack,
    config,
    names.map((name): DeployedHost => {
      const { publicAddress, managementAddress, hostKey } = hosts[name]!;
      const hop = { host: publicAddress, user, privateKey, hostKey };
      return { name, roles: config.hosts[name]!.roles, publicAddress, managementAddress, hop };
    }),
    { login, certificateAuthority },
  );
}

/** Runs work on a cloud and lets go of it whatever comes. */
export async function withCloud<T>(stack: Stack, work: (cloud: DeployedCloud) => Promise<T>): Promise<T> {
  const cloud = await openCloud(stack);
  try {
    return await work(cloud);
  } finally {
    cloud.close();
  }
}

function deployed(name: string, outputs: Record<string, unknown>): Outputs {
  const { hosts, login, certificateAuthority } = outputs as Partial<Outputs>;
  const missing = [
    hosts === undefined && "hosts",
    login?.ssh?.privateKey === undefined && "login.ssh",
    login?.oned?.password === undefined && "login.oned",
  ].filter(Boolean);
  if (missing.length === 0) return { hosts: hosts!, login: login!, certificateAuthority };
  throw new Error(
    `stack ${name}: has no output ${missing.join(", ")}; deploy it first, with a program that exports what index.ts of opennebula-scaleway does`,
  );
}
