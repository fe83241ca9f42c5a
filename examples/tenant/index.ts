import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import { cloud } from "opennebula-scaleway";

const config = new pulumi.Config();
// `cloud` names the stack that made the cloud, e.g. `organization/opennebula-scaleway/prod`.
const login = new pulumi.StackReference(config.require("cloud")).requireOutput("login").apply((all) => all.oned);
const oned = new cloud.Provider("oned", {
  endpoint: login.apply((its) => its.endpoint),
  username: login.apply((its) => its.username),
  password: login.apply((its) => its.password),
  ssh: login.apply((its) => its.ssh),
});
const opts = { provider: oned };

// Who works here, and how much they may use.
const team = new cloud.Group("team", { name: "team" }, opts);
const password = new random.RandomPassword("alice", { length: 24, special: false });
new cloud.User("alice", { name: "alice", password: password.result, primaryGroup: team.id }, opts);
new cloud.Quota("team", { group: team.id, vm: { vms: 10, memory: 8192 } }, opts);

// What VMs are made from.
const key = new tls.PrivateKey("vms", { algorithm: "ED25519" });
const image = new cloud.Image(
  "base",
  { name: "base", datastore: "default", path: config.require("image"), permissions: "644" },
  opts,
);
const web = new cloud.SecurityGroup(
  "web",
  {
    name: "web",
    rules: [
      { protocol: cloud.SecurityGroupProtocol.All, direction: cloud.SecurityGroupDirection.Outbound },
      { protocol: cloud.SecurityGroupProtocol.Icmp, direction: cloud.SecurityGroupDirection.Inbound },
      { protocol: cloud.SecurityGroupProtocol.Tcp, direction: cloud.SecurityGroupDirection.Inbound, ports: "22,443" },
    ],
  },
  opts,
);
const template = new cloud.VmTemplate(
  "small",
  {
    name: "small",
    cpu: 0.5,
    memory: 128,
    disks: [{ image: image.id }],
    context: { ...cloud.publicGuestContext(), SSH_PUBLIC_KEY: key.publicKeyOpenssh },
    permissions: "640",
    group: team.id,
  },
  opts,
);

// A VM with a leg in the private network and one in the public one.
const vm = new cloud.VirtualMachine(
  "web01",
  {
    name: "web01",
    template: template.id,
    nics: [
      { name: "inside", network: "private" },
      { name: "outside", network: "public", securityGroups: [web.id] },
    ],
  },
  opts,
);

export const vmId = vm.id;
/** By interface: `inside` and `outside`. */
export const addresses = vm.addresses;
export const vmKey = pulumi.secret(key.privateKeyOpenssh);
