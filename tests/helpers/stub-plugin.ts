// SPDX-License-Identifier: Apache-2.0
/**
 * A plugin for tests of whole programs that need neither hosts nor an account: whatever is asked for exists at once and is as it was
 * asked for, and what only the real thing could tell is made up. `STUB_PACKAGE` is the package that it stands for.
 */
import { createHash, generateKeyPairSync } from "node:crypto";
import sshpk from "sshpk";
import { Secret, type PropertyMap, type ProviderImplementation } from "../../provider/grpc/provider";
import { serveProvider } from "../../provider/grpc/serve";

const sshKey = (): string => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  return sshpk.parsePrivateKey(pem, "pem").toPublic().toString("ssh").split(" ").slice(0, 2).join(" ");
};

const facts = (): string =>
  JSON.stringify({
    hostKey: sshKey(),
    nic: "enp5s0",
    mac: "02:00:00:00:00:0b",
    addresses: '["203.0.113.11/24"]',
    routes: '[{"to":"default","via":"203.0.113.1"}]',
    nameservers: '["203.0.113.1"]',
  });
const answer = (): string => JSON.stringify({ changed: [], facts: { flexibleIpKey: sshKey() } });

const LAYOUT = JSON.stringify({
  disks: [],
  raids: [{ name: "/dev/md2", level: "raid_level_1", devices: [] }],
  filesystems: [{ device: "/dev/md2", format: "ext4", mountpoint: "/data" }],
});

/** What a resource has beyond its inputs. */
function madeUp(type: string, name: string, inputs: PropertyMap): PropertyMap {
  const number = parseInt(createHash("sha256").update(name).digest("hex").slice(0, 6), 16);
  switch (type) {
    case "scaleway:iam/apiKey:ApiKey":
      return {
        accessKey: `SCW${String(number).padStart(17, "0")}`,
        secretKey: new Secret(`secret-key-of-${name}-${number}`),
      };
    case "scaleway:elasticmetal/server:Server": {
      const networks = Array.isArray(inputs.privateNetworks) ? (inputs.privateNetworks as PropertyMap[]) : [];
      return {
        ipv4s: [{ address: "203.0.113.11" }],
        privateNetworks: networks.map((network, index) => ({ ...network, vlan: 1200 + index })),
      };
    }
    case "scaleway:elasticmetal/ip:Ip":
      return { ipAddress: "203.0.113.50" };
    case "scaleway:elasticmetal/ipMacAddress:IpMacAddress":
      return { address: "02:00:00:00:00:50" };
    case "command:remote:Command":
      return { stdout: name.endsWith("-bootstrap") ? facts() : answer(), stderr: "" };
    default:
      return {};
  }
}

const name = process.env.STUB_PACKAGE!;
const stub: ProviderImplementation = {
  name,
  version: "1.0.0",
  acceptSecrets: false,
  configure: () => Promise.resolve(),
  check: (_resource, news) => Promise.resolve({ inputs: news, failures: [] }),
  diff: () => Promise.resolve({ changes: "none" }),
  create: ({ type, name: resource }, inputs) => {
    const number = parseInt(createHash("sha256").update(resource).digest("hex").slice(0, 6), 16);
    return Promise.resolve({
      id: type.startsWith("opennebula:") ? String(number) : `fr-par-2/${resource}`,
      properties: { ...inputs, ...madeUp(type, resource, inputs) },
    });
  },
  read: (_resource, id, { inputs, outputs }) => Promise.resolve({ id, inputs, properties: outputs }),
  update: (_resource, _id, _state, inputs) => Promise.resolve(inputs),
  delete: () => Promise.resolve(),
  invoke: () => Promise.resolve({ result: { jsonPartition: LAYOUT }, failures: [] }),
};
void serveProvider(stub);
