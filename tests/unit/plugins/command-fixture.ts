// SPDX-License-Identifier: Apache-2.0

/** The command provider's stand-in, hosts for it to log in to, and the two calls that an engine makes for a change. */
import { commandProvider } from "../../../lab/plugins/command/provider";
import type { PropertyMap } from "../../../provider/grpc/provider";
import { connectProvider, type ProviderClient, type ResourceCall } from "../../helpers/provider-client";
import { sshKeyPair } from "../../helpers/ssh-keys";
import { startSshServer, type SshServer, type SshServerOptions } from "../../helpers/ssh-server";

export const COMMAND: ResourceCall = { type: "command:remote:Command", name: "apply" };

export const KEYS = {
  host: sshKeyPair(),
  otherHost: sshKeyPair(),
  ecdsaHost: sshKeyPair("ecdsa"),
  user: sshKeyPair(),
  stranger: sshKeyPair(),
};

export interface State {
  inputs: PropertyMap;
  outputs: PropertyMap;
}

export class CommandFixture {
  private servers: SshServer[] = [];

  private constructor(readonly client: ProviderClient) {}

  static async start(): Promise<CommandFixture> {
    return new CommandFixture(await connectProvider(commandProvider("1.2.1")));
  }

  /** Ends the hosts of a test and forgets its log lines. */
  async reset(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    this.servers = [];
    this.client.logs.length = 0;
  }

  /** A host with the key `KEYS.host` that lets `KEYS.user` in. */
  async serve(changes: Partial<SshServerOptions> = {}): Promise<SshServer> {
    const server = await startSshServer({ hostKeys: [KEYS.host.private], authorizedKey: KEYS.user.public, ...changes });
    this.servers.push(server);
    return server;
  }

  /** Check, then create, as an engine does it. */
  async create(call: ResourceCall, inputs: PropertyMap): Promise<{ id: string; state: State }> {
    const checked = await this.client.check(call, inputs);
    expect(checked.failures).toEqual([]);
    const { id, properties } = await this.client.create(call, checked.inputs);
    return { id, state: { inputs: checked.inputs, outputs: properties } };
  }

  async update(call: ResourceCall, state: State, inputs: PropertyMap): Promise<State> {
    const checked = await this.client.check(call, inputs, state.inputs);
    return { inputs: checked.inputs, outputs: await this.client.update(call, state, checked.inputs) };
  }
}

/** A connection to a host of {@link CommandFixture.serve} that is tried once. */
export function connectTo(port: number, changes: PropertyMap = {}): PropertyMap {
  const keys = { privateKey: KEYS.user.private, hostKey: KEYS.host.public };
  return { host: "127.0.0.1", port, user: "ops", ...keys, dialErrorLimit: 0, ...changes };
}
