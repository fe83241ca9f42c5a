// SPDX-License-Identifier: Apache-2.0

/** A stand-in oned behind a proxy that can break calls, and the provider at its gRPC door. */
import { memoryStore, startOned, type Oned } from "../../../../lab/opennebula/oned/index";
import { dummyProbe } from "../../../../lab/opennebula/oned/monitor";
import { OpenNebula, parseXml, type RpcParameter, type XmlElement } from "../../../../opennebula";
import { Secret, type PropertyMap } from "../../../../provider/grpc/provider";
import { openNebulaProvider } from "../../../../provider/opennebula";
import { resourceHandlers } from "../../../../provider/resources";
import { token } from "../../../../provider/types";
import { connectProvider, type ProviderClient } from "../../../helpers/provider-client";
import { startFlow, type FlowServer } from "./flow-server";
import { startOnedProxy, type OnedProxy } from "./oned-proxy";

export const PASSWORD = "canary-oneadmin-77c1";

/** Short waits: the stand-in does at once what takes minutes in a cloud. */
export const FAST = { pollSeconds: 0.01, pollMaxSeconds: 0.05, limit: 4 };

export interface Made {
  id: string;
  inputs: PropertyMap;
  outputs: PropertyMap;
}

export class World {
  private flowServer: FlowServer | undefined;

  private constructor(
    public oned: Oned,
    readonly proxy: OnedProxy,
    readonly provider: ProviderClient,
    readonly one: OpenNebula,
  ) {}

  static async start(): Promise<World> {
    const oned = await startOned({
      store: memoryStore(),
      port: 0,
      oneAuth: `oneadmin:${PASSWORD}`,
      // New hosts are probed at once; polling again and again would compete with the changes under test.
      monitorInterval: 60,
      backgroundInterval: 0.01,
      prober: () => Promise.resolve(dummyProbe),
    });
    const proxy = await startOnedProxy(oned.port);
    const provider = await connectProvider(openNebulaProvider(resourceHandlers(FAST)));
    const login = { username: "oneadmin", password: PASSWORD };
    const one = new OpenNebula({ endpoint: `http://127.0.0.1:${oned.port}/RPC2`, ...login });
    const world = new World(oned, proxy, provider, one);
    await world.login("oneadmin", PASSWORD);
    return world;
  }

  async login(username: string, password: string): Promise<void> {
    const endpoint = `http://127.0.0.1:${this.proxy.port}/RPC2`;
    const inputs: PropertyMap = { endpoint, username, password: new Secret(password) };
    if (this.flowServer !== undefined) inputs["flowEndpoint"] = `http://127.0.0.1:${this.flowServer.port}`;
    await this.provider.configure(inputs);
  }

  /** Starts OneFlow beside this oned, and tells the provider. */
  async startFlow(): Promise<FlowServer> {
    this.flowServer = await startFlow(this.oned.port, `oneadmin:${PASSWORD}`);
    await this.login("oneadmin", PASSWORD);
    return this.flowServer;
  }

  get flow(): FlowServer {
    if (this.flowServer === undefined) throw new Error("OneFlow was not started");
    return this.flowServer;
  }

  /** Breaks the next call of oned's method, or OneFlow's next request of the form `POST /path`. */
  breakNext(fault: "loseAnswer" | "dropCall", call: string): void {
    (call.startsWith("one.") ? this.proxy : this.flow)[fault](call);
  }

  async close(): Promise<void> {
    await this.provider.close();
    await this.flowServer?.close();
    await this.proxy.close();
    await this.oned.close();
  }

  /** A call by hand, past the proxy. */
  async call(method: string, ...parameters: RpcParameter[]): Promise<string> {
    return String(await this.one.client.callAny(method, parameters));
  }

  async info(api: string, id: string): Promise<XmlElement> {
    return parseXml(api, await this.call(`one.${api}.info`, Number(id)));
  }

  async check(type: string, name: string, args: PropertyMap, olds: PropertyMap = {}): Promise<PropertyMap> {
    const { inputs, failures } = await this.provider.check({ type: token(type), name }, args, olds);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
    return inputs;
  }

  /** Check and create, as an `up` does. */
  async make(type: string, name: string, args: PropertyMap): Promise<Made> {
    const inputs = await this.check(type, name, args);
    const { id, properties } = await this.provider.create({ type: token(type), name }, inputs);
    return { id, inputs, outputs: properties };
  }

  /** Paths that a preview of these arguments would show as changed. */
  async diff(
    type: string,
    name: string,
    made: Made,
    args: PropertyMap,
  ): Promise<{ paths: string[]; replaces: string[] }> {
    const inputs = await this.check(type, name, args, made.inputs);
    const answer = await this.provider.diff({ type: token(type), name, id: made.id }, made, inputs);
    expect(answer.changes).toBe(answer.diffsList.length > 0 ? 2 : 1);
    return { paths: answer.detaileddiffMap.map(([path]) => path).sort(), replaces: answer.replacesList };
  }

  async update(type: string, name: string, made: Made, args: PropertyMap): Promise<Made> {
    const inputs = await this.check(type, name, args, made.inputs);
    const outputs = await this.provider.update({ type: token(type), name, id: made.id }, made, inputs);
    return { id: made.id, inputs, outputs };
  }

  /** A refresh; undefined when the object is gone. */
  async refresh(type: string, name: string, made: Made): Promise<Made | undefined> {
    const { id, inputs, properties } = await this.provider.read({ type: token(type), name, id: made.id }, made);
    return id === "" ? undefined : { id, inputs, outputs: properties };
  }

  async delete(type: string, name: string, made: Made): Promise<void> {
    await this.provider.delete({ type: token(type), name, id: made.id }, made);
  }
}
