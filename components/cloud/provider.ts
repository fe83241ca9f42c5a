// SPDX-License-Identifier: Apache-2.0
import * as pulumi from "@pulumi/pulumi";
import { PROVIDER_NAME, PROVIDER_VERSION } from "../../provider/types";

/** An SSH server through which oned is reached, so that its port need not be public. */
export interface SshHopArgs {
  /** Name or address. */
  host: pulumi.Input<string>;
  /** @default 22 */
  port?: pulumi.Input<number>;
  user: pulumi.Input<string>;
  /** Private key in OpenSSH or PEM form, without a passphrase. Kept secret. */
  privateKey: pulumi.Input<string>;
  /** The server's public key, `ssh-ed25519 AAAA...`; several, one a line, while keys are being changed. Nothing else is accepted. */
  hostKey: pulumi.Input<string>;
}

/** Arguments of {@link Provider}. */
export interface ProviderArgs {
  /** oned's XML-RPC address, as the SSH hop sees it if there is one. @default "http://127.0.0.1:2633/RPC2" */
  endpoint?: pulumi.Input<string>;
  /** OneFlow's address, as the SSH hop sees it if there is one. @default "http://127.0.0.1:2474" */
  flowEndpoint?: pulumi.Input<string>;
  /** @default "oneadmin" */
  username?: pulumi.Input<string>;
  /** Password or login token. Kept secret. */
  password: pulumi.Input<string>;
  ssh?: pulumi.Input<SshHopArgs>;
}

/**
 * A connection to one OpenNebula, for `opts.provider` of its objects. Nothing connects before an object is really made, changed,
 * read or deleted; a preview connects nowhere.
 */
export class Provider extends pulumi.ProviderResource {
  declare readonly endpoint: pulumi.Output<string | undefined>;
  declare readonly flowEndpoint: pulumi.Output<string | undefined>;
  declare readonly username: pulumi.Output<string | undefined>;

  constructor(name: string, args: ProviderArgs, opts: pulumi.ResourceOptions = {}) {
    const { endpoint, flowEndpoint, username, password, ssh } = args;
    const inputs: pulumi.Inputs = {
      endpoint,
      flowEndpoint,
      username,
      password: pulumi.secret(password),
      // Providers take anything but strings as JSON text.
      ssh: ssh === undefined ? undefined : pulumi.secret(pulumi.jsonStringify(pulumi.output(ssh).apply(ownFields))),
    };
    super(PROVIDER_NAME, name, inputs, { version: PROVIDER_VERSION, ...opts });
  }
}

/** A connection made for another purpose may hold more than the provider knows. */
function ownFields({ host, port, user, privateKey, hostKey }: pulumi.Unwrap<SshHopArgs>): pulumi.Unwrap<SshHopArgs> {
  return { host, port, user, privateKey, hostKey };
}
