// SPDX-License-Identifier: Apache-2.0
import { withoutResources } from "../../../operations/deployment";
import { lostMachine } from "../../../operations/hosts/forget";

const urn = (type: string, name: string): string => `urn:pulumi:prod::p::a:b:Cloud$a:b:BareMetal$${type}::${name}`;
const SERVER = "scaleway:elasticmetal/server:Server";
const COMMAND = "command:remote:Command";
const COPY = "command:remote:CopyToRemote";
const KEY = "tls:index/privateKey:PrivateKey";
const server = urn(SERVER, "prod-host-fe");
const bootstrap = urn(COMMAND, "prod-host-fe-bootstrap");
const converger = urn(COPY, "prod-host-fe-converger");

const machine = (host: string) => [
  { urn: urn(KEY, `prod-host-${host}-injected-key`), type: KEY },
  { urn: urn(SERVER, `prod-host-${host}`), type: SERVER, id: `fr-par-2/id-of-${host}`, inputs: { name: host } },
  { urn: urn(COMMAND, `prod-host-${host}-bootstrap`), type: COMMAND },
  { urn: urn(COPY, `prod-host-${host}-converger`), type: COPY },
  { urn: urn(COMMAND, `prod-host-${host}`), type: COMMAND },
  { urn: urn(COMMAND, `prod-frontend-${host}`), type: COMMAND },
];
const state = [...machine("fe"), ...machine("fe2"), ...machine("host01")];

test("what is forgotten of a lost host is its machine: layers, keys and other hosts stay", () => {
  const found = lostMachine(state, "fe");
  expect(found).toEqual({ host: "fe", serverId: "fr-par-2/id-of-fe", urns: [server, bootstrap, converger] });
});

test("a server that a refresh has taken out already is no obstacle", () => {
  const left = state.filter((one) => one.urn !== server);
  expect(lostMachine(left, "fe")).toEqual({ host: "fe", urns: [bootstrap, converger] });
});

test("a host that the state does not know is refused", () => {
  expect(() => lostMachine(state, "host09")).toThrow(/no machine "host09"/);
});

test("nothing in the state points to what was forgotten, and the rest is as it was", () => {
  const layer = {
    urn: urn(COMMAND, "prod-host-fe"),
    inputs: { stdin: "kept" },
    dependencies: [bootstrap, urn(KEY, "k")],
    propertyDependencies: { connection: [bootstrap], stdin: [server, urn(KEY, "k")] },
    deletedWith: server,
  };
  const deployment = { manifest: { version: "v3" }, resources: [{ urn: server }, { urn: bootstrap }, layer] };
  expect(withoutResources(deployment, [server, bootstrap])).toEqual({
    manifest: { version: "v3" },
    resources: [
      {
        urn: layer.urn,
        inputs: { stdin: "kept" },
        dependencies: [urn(KEY, "k")],
        propertyDependencies: { connection: [], stdin: [urn(KEY, "k")] },
      },
    ],
  });
});

test("a resource with children is not taken from over them", () => {
  const resources = [{ urn: "parent" }, { urn: "child", parent: "parent" }];
  expect(() => withoutResources({ resources }, ["parent"])).toThrow(/child belongs to/);
});
