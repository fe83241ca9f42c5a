// SPDX-License-Identifier: Apache-2.0
import * as grpc from "@grpc/grpc-js";
import {
  CallRequest,
  DeleteRequest,
  GetSchemaRequest,
  ProviderHandshakeRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import type { GetSchemaResponse, ProviderHandshakeResponse } from "@pulumi/pulumi/proto/provider_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import {
  PartialFailure,
  Secret,
  UNKNOWN,
  type CallContext,
  type ProviderImplementation,
  type ResourceId,
} from "../../../provider/grpc/provider";
import { fitMessage } from "../../../provider/grpc/status";
import { CallError, connectProvider, ProviderClient } from "../../helpers/provider-client";

const THING = { type: "example:index:Thing", name: "one" };
const state = { inputs: { size: 1 }, outputs: { size: 1, serial: "a" } };

/** Echoes what it is given; single methods are replaced by the tests. */
function example(changes: Partial<ProviderImplementation> = {}): ProviderImplementation {
  return {
    name: "example",
    version: "1.2.3",
    acceptSecrets: true,
    configure: async () => undefined,
    check: async (_resource, news) => ({ inputs: news, failures: [] }),
    diff: async () => ({ changes: "none" }),
    create: async (resource, inputs, context) => ({
      id: context.preview ? "" : `id-${resource.name}`,
      properties: { ...inputs, serial: context.preview ? UNKNOWN : "s1" },
    }),
    read: async (_resource, id, { inputs, outputs }) => ({ id, inputs, properties: outputs }),
    update: async (_resource, _id, _state, inputs) => inputs,
    delete: async () => undefined,
    ...changes,
  };
}

describe("a provider on the plugin protocol", () => {
  let open: ProviderClient[] = [];
  const connect = async (changes: Partial<ProviderImplementation> = {}) => {
    const client = await connectProvider(example(changes));
    open.push(client);
    return client;
  };
  afterEach(async () => {
    await Promise.all(open.map((client) => client.close()));
    open = [];
  });

  it("introduces itself: version, secrets, preview, empty schema", async () => {
    const client = await connect();
    const info = await client.call<PluginInfo>((done) => client.raw.getPluginInfo(new Empty(), done));
    expect(info.getVersion()).toBe("1.2.3");
    const hello = await client.call<ProviderHandshakeResponse>((done) =>
      client.raw.handshake(new ProviderHandshakeRequest(), done),
    );
    expect(hello.getAcceptSecrets()).toBe(true);
    const configured = await client.configure({});
    expect(configured.toObject()).toMatchObject({ acceptsecrets: true, supportspreview: true, acceptoutputs: false });
    const schema = await client.call<GetSchemaResponse>((done) => client.raw.getSchema(new GetSchemaRequest(), done));
    expect(schema.getSchema()).toBe("{}");
  });

  it("refuses a schema version that it does not have, and methods that it does not have", async () => {
    const client = await connect();
    const request = new GetSchemaRequest();
    request.setVersion(1);
    await expect(client.call((done) => client.raw.getSchema(request, done))).rejects.toThrow("schema version 1");
    await expect(client.call((done) => client.raw.call(new CallRequest(), done))).rejects.toMatchObject({
      code: grpc.status.UNIMPLEMENTED,
    });
    await expect(client.invoke("example:index:get", {})).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED });
  });

  it("hands over configuration with secrets kept, or opened for a provider that takes none", async () => {
    const seen: unknown[] = [];
    const configure = async (args: unknown) => void seen.push(args);
    await (await connect({ configure })).configure({ token: new Secret("t"), zone: "z" });
    await (await connect({ configure, acceptSecrets: false })).configure({ token: new Secret("t"), zone: "z" });
    expect(seen).toEqual([
      { token: new Secret("t"), zone: "z" },
      { token: "t", zone: "z" },
    ]);
  });

  it("names the resource, also where an older engine sends the URN alone", async () => {
    const seen: ResourceId[] = [];
    const client = await connect({
      delete: async (resource) => void seen.push(resource),
    });
    const urn = "urn:pulumi:s::p::a:b:Parent$example:index:Thing::na::me";
    await client.delete(THING, state);
    const bare = new DeleteRequest();
    bare.setUrn(urn);
    await client.call((done) => client.raw.delete(bare, done));
    expect(seen).toEqual([
      { urn: ProviderClient.urn(THING), ...THING },
      { urn, type: "example:index:Thing", name: "na::me" },
    ]);
  });

  it("passes inputs, outputs, failures and the random seed through check, diff, update and read", async () => {
    const seen: unknown[] = [];
    const client = await connect({
      check: async (_resource, news, olds, seed) => {
        seen.push([news, olds, seed.length]);
        return { inputs: { ...news, filled: true }, failures: [{ property: "size", reason: "too big" }] };
      },
      diff: async (...[, id, old, news, ignored]) => {
        seen.push([id, old, news, ignored]);
        return {
          changes: "some",
          replaces: ["size"],
          deleteBeforeReplace: true,
          diffs: ["size"],
          stables: ["serial"],
          detailedDiff: { size: { kind: "update-replace", inputDiff: true } },
        };
      },
    });
    const checked = await client.check(THING, { size: 2, list: [1, null, UNKNOWN] }, { size: 1 });
    expect(checked).toEqual({
      inputs: { size: 2, list: [1, null, UNKNOWN], filled: true },
      failures: [{ property: "size", reason: "too big" }],
    });
    const diff = await client.diff({ ...THING, id: "i7" }, state, { size: 2 });
    expect(diff).toMatchObject({
      changes: 2,
      replacesList: ["size"],
      deletebeforereplace: true,
      diffsList: ["size"],
      stablesList: ["serial"],
      hasdetaileddiff: true,
      detaileddiffMap: [["size", { kind: 5, inputdiff: true }]],
    });
    expect(seen).toEqual([
      [{ size: 2, list: [1, null, UNKNOWN] }, { size: 1 }, 32],
      ["i7", state, { size: 2 }, []],
    ]);
    expect(await client.update(THING, state, { size: 3 })).toEqual({ size: 3 });
    expect(await client.read({ ...THING, id: "i7" }, state)).toEqual({
      id: "i7",
      inputs: state.inputs,
      properties: state.outputs,
    });
  });

  it("answers a read of something gone with an empty id", async () => {
    const client = await connect({ read: async () => undefined });
    expect(await client.read(THING, state)).toEqual({ id: "", inputs: {}, properties: {} });
  });

  it("creates, and in a preview says what is not known", async () => {
    const client = await connect();
    expect(await client.create(THING, { size: 1 })).toEqual({ id: "id-one", properties: { size: 1, serial: "s1" } });
    expect(await client.create({ ...THING, preview: true }, { size: 1 })).toEqual({
      id: "",
      properties: { size: 1, serial: UNKNOWN },
    });
  });

  it("refuses a create that gives no id", async () => {
    const client = await connect({ create: async () => ({ id: "", properties: {} }) });
    await expect(client.create(THING, {})).rejects.toThrow("gave no id");
  });

  it("sends a partial failure with id, properties and reasons", async () => {
    const properties = { size: 1, token: new Secret("t") };
    const client = await connect({
      create: async () => Promise.reject(new PartialFailure("i9", properties, ["not ready", "no route"])),
    });
    const error = await client.create(THING, {}).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      code: grpc.status.UNKNOWN,
      message: "not ready; no route",
      partial: { id: "i9", properties, reasons: ["not ready", "no route"] },
    });
  });

  it("answers with the error's own text, whatever it holds and however long it is", async () => {
    const texts = ["plain", "ünï → 日本\nsecond line\t%41", "lone \ud800 surrogate"];
    const client = await connect({
      create: async (_resource, inputs) => Promise.reject(new Error(texts[Number(inputs["index"])])),
      update: async (_resource, _id, _state, inputs) => {
        throw new Error("日".repeat(Number(inputs["size"])) + " the end");
      },
    });
    for (const [index, text] of texts.entries()) {
      await expect(client.create(THING, { index })).rejects.toMatchObject({ message: Buffer.from(text).toString() });
    }
    const long = client.update(THING, state, { size: 2_000_000 });
    await expect(long).rejects.toThrow(/^日+\n\[\d+ characters left out\]\n日+ the end$/);
  });

  it("runs log lines to the engine before the answer", async () => {
    const client = await connect({
      create: async (resource, inputs, context) => {
        context.log("info", "first");
        context.log("warning", "second", true);
        return { id: resource.name, properties: inputs };
      },
    });
    await client.create(THING, {});
    const urn = ProviderClient.urn(THING);
    expect(client.logs).toEqual(
      expect.arrayContaining([
        { severity: "info", message: "first", urn, ephemeral: false },
        { severity: "warning", message: "second", urn, ephemeral: true },
      ]),
    );
  });

  /** A create that ends only when its signal does. */
  const hanging = async (_resource: ResourceId, _inputs: unknown, context: CallContext): Promise<never> =>
    new Promise((_resolve, reject) => {
      const fail = () => reject(context.signal.reason as Error);
      if (context.signal.aborted) fail();
      else context.signal.addEventListener("abort", fail);
    });

  it("aborts what runs when the engine cancels, and tells the implementation", async () => {
    let told = false;
    const client = await connect({
      create: hanging,
      cancel: async () => {
        told = true;
      },
    });
    const running = expect(client.create(THING, {})).rejects.toThrow("cancelled by the engine");
    await client.cancel();
    await running;
    expect(told).toBe(true);
  });

  it("aborts at the resource's custom timeout", async () => {
    const client = await connect({ create: hanging });
    await expect(client.create({ ...THING, timeout: 0.05 }, {})).rejects.toThrow("custom timeout of 0.05 s");
  });

  it("carries messages above gRPC's default limit of 4 MiB", async () => {
    const client = await connect({
      create: async (_resource, { text }) => ({ id: String((text as string).length), properties: {} }),
    });
    const length = 4.1 * 1024 * 1024;
    expect((await client.create(THING, { text: "x".repeat(length) })).id).toBe(String(Math.floor(length)));
  }, 20_000);
});

describe("fitMessage", () => {
  it("keeps what fits, and cuts the middle to what a header holds", () => {
    expect(fitMessage("short")).toBe("short");
    const long = fitMessage(`begin${"\n".repeat(100_000)}end`);
    expect(encodeURI(long).length).toBeLessThanOrEqual(16 * 1024);
    expect(long.startsWith("begin")).toBe(true);
    expect(long.endsWith("end")).toBe(true);
  });
});
