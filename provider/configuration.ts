// SPDX-License-Identifier: Apache-2.0
import { OneClient, InvalidValueError, OpenNebula, type ClientSettings } from "../opennebula";
import { TcpDialer, type Dialer } from "../opennebula/transport/dial";
import { SshDialer } from "../opennebula/transport/ssh";
import { checkProperties, type Checked } from "./check";
import { CONFIGURATION } from "./definition";
import { Flow } from "./flow";
import { asText } from "./framework/values";
import { Secret, type PropertyMap, type PropertyValue } from "./grpc/provider";
import { containsUnknown, revealMap } from "./grpc/values";
import type { ProviderConfiguration } from "./types";

/**
 * Checks a provider configuration: types first, then whether a client could work with it. Connects nowhere.
 *
 * @param given - `ssh` may be an object or, as configuration files and the engine write objects of providers, JSON text.
 */
export function checkConfiguration(given: PropertyMap): Checked {
  const { version: _version, ...own } = given;
  const parsed = parseSsh(own);
  if (parsed === undefined)
    return { inputs: own, failures: [{ property: "ssh", reason: "is not JSON text of an object" }] };
  const checked = checkProperties(parsed, CONFIGURATION);
  if (checked.failures.length > 0 || containsUnknown(checked.inputs)) return checked;
  const flow = asText(checked.inputs["flowEndpoint"]);
  if (!/^http:\/\/[^/@]+(?:\/[^@]*)?$/.test(flow)) {
    const reason = "is not an http URL such as http://127.0.0.1:2474";
    return { inputs: checked.inputs, failures: [{ property: "flowEndpoint", reason }] };
  }
  try {
    new OneClient(clientSettings(checked.inputs));
    return checked;
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    const reason = error.message.slice(error.field.length + 2);
    return { inputs: checked.inputs, failures: [{ property: error.field, reason }] };
  }
}

/** The one place where a resource gets its connection: made at first use, so that an unchanged stack logs in nowhere. */
export class Connection {
  private configured: PropertyMap | undefined;
  private opened: OpenNebula | undefined;
  private flowDialer: Dialer | undefined;

  configure(args: PropertyMap): void {
    this.close();
    this.configured = args;
  }

  /**
   * @throws Error when the configuration is wrong or, in a preview, not known yet.
   */
  open(): OpenNebula {
    this.opened ??= new OpenNebula(clientSettings(this.checked()));
    return this.opened;
  }

  /** OneFlow by the same way as oned. */
  flow(): Flow {
    const inputs = revealMap(this.checked()) as unknown as Required<ProviderConfiguration>;
    const { flowEndpoint: endpoint, username, password } = inputs;
    const ssh = inputs.ssh as typeof inputs.ssh | undefined;
    this.flowDialer ??= ssh === undefined ? new TcpDialer() : new SshDialer(ssh);
    return new Flow({ endpoint, username, password }, this.flowDialer);
  }

  private checked(): PropertyMap {
    const { inputs, failures } = checkConfiguration(this.configured ?? {});
    if (failures.length > 0) {
      const mistakes = failures.map(({ property, reason }) => `${property} ${reason}`).join("; ");
      throw new Error(`the provider's configuration is wrong: ${mistakes}`);
    }
    if (containsUnknown(inputs)) {
      throw new Error(
        "the provider's configuration is not known yet: oned cannot be asked before the front-end exists",
      );
    }
    return inputs;
  }

  close(): void {
    this.opened?.close();
    this.opened = undefined;
    this.flowDialer?.close();
    this.flowDialer = undefined;
  }
}

function clientSettings(checked: PropertyMap): ClientSettings {
  const { endpoint, username, password, ssh } = revealMap(checked) as unknown as Required<ProviderConfiguration>;
  return { endpoint, username, password, ...((ssh as typeof ssh | undefined) === undefined ? {} : { ssh }) };
}

function parseSsh(given: PropertyMap): PropertyMap | undefined {
  const value = given["ssh"];
  const text = value instanceof Secret ? value.value : value;
  if (typeof text !== "string") return given;
  try {
    const parsed = JSON.parse(text) as PropertyValue;
    if (parsed === null || typeof parsed !== "object") return undefined;
    return { ...given, ssh: value instanceof Secret ? new Secret(parsed) : parsed };
  } catch {
    return undefined;
  }
}
