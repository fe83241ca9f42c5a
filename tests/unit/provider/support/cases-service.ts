// SPDX-License-Identifier: Apache-2.0

/** Hosts, exported apps and OneFlow's services: what is made of them, and what happens to it. */
import type { PropertyMap } from "../../../../provider/grpc/provider";
import { byId, imageDatastore, merge, pooled, TAKEN, type Case, type Ids } from "./case";
import type { World } from "./world";

/** A marketplace with an app that brings a VM template along. */
async function app(world: World): Promise<Ids> {
  const datastore = await imageDatastore(world);
  const market = await world.call(
    "one.market.allocate",
    'NAME = "market"\nMARKET_MAD = "http"\nBASE_URL = "http://x"\nPUBLIC_DIR = "/x"',
  );
  const image = await world.call("one.image.allocate", 'NAME = "os"\nPATH = "/x"', Number(datastore), true);
  await world.oned.settle();
  const template = Buffer.from('CPU = "1"\nMEMORY = "64"').toString("base64");
  const origin = `NAME = "app"\nTYPE = "IMAGE"\nORIGIN_ID = "${image}"\nAPPTEMPLATE64 = "${template}"`;
  return { datastore, app: await world.call("one.marketapp.allocate", origin, Number(market)) };
}

/** OneFlow, a host that takes VMs, and a VM template. */
async function flow(world: World): Promise<Ids> {
  await world.startFlow();
  await world.call("one.host.allocate", "host01", "dummy", "dummy", -1);
  const vm = await world.call("one.template.allocate", 'NAME = "small"\nCPU = "0.1"\nMEMORY = "16"');
  await world.oned.settle();
  return { vm };
}

const services = (vm: string): PropertyMap => ({
  deployment: "straight",
  roles: [{ name: "web", type: "vm", template_id: vm, cardinality: 1 }],
});

/** Documents of a type; services that are done stay as documents. */
const documents =
  (type: number) =>
  async (world: World, name: string): Promise<number> => {
    const members = (await world.call("one.documentpool.info", -2, -1, -1, type)).split("<DOCUMENT>");
    return members.filter((one) => one.includes(`<NAME>${name}</NAME>`) && !one.includes('"state":5')).length;
  };

/** How OneFlow tells oned's refusal. */
const FLOW_REFUSES = /HTTP 403|Not authorized/;

export const SERVICE_CASES: Case[] = [
  {
    type: "Host",
    api: "host",
    before: async (world) => ({ cluster: await world.call("one.cluster.allocate", "for-host") }),
    inputs: (name) => ({ name, imMad: "dummy", vmMad: "dummy", cluster: "for-host", attributes: { RACK: "A1" } }),
    update: () => ({ cluster: "default", attributes: { RACK: "B2" } }),
    drift: merge("host", 'RACK = "X9"'),
    drifted: ["attributes.RACK"],
    remove: byId("one.host.delete"),
    allocate: "one.host.allocate",
    duplicate: TAKEN,
    denied: /AUTHORIZATION 512|there is no cluster/,
    unknownToImport: ["attributes"],
    count: pooled("hostpool"),
  },
  {
    type: "MarketplaceAppExport",
    before: app,
    inputs: (name, { datastore }) => ({ name, app: "app", datastore: datastore ?? "" }),
    update: () => ({ name: "exported-anew" }),
    replace: () => ({ app: "99" }),
    drift: async (world, id) => world.call("one.image.rename", Number(id.split(":")[0]), "by-hand"),
    drifted: ["name"],
    remove: async (world, id) => {
      await world.call("one.image.delete", Number(id.split(":")[0]), false);
      await world.oned.settle();
    },
    allocate: "one.image.allocate",
    duplicate: TAKEN,
    quota: ({ datastore }) => `DATASTORE = [ ID = "${datastore ?? ""}", IMAGES = "0" ]`,
    count: pooled("imagepool", -2, -1, -1),
  },
  {
    type: "ServiceTemplate",
    before: flow,
    inputs: (name, { vm }) => ({ name, body: services(vm ?? ""), permissions: "640" }),
    update: ({ vm }) => ({ name: "renamed", body: { ...services(vm ?? ""), deployment: "none" } }),
    drift: async (world, id) => world.call("one.document.chmod", Number(id), 1, 1, 1, 1, 1, 1, 1, 1, 1),
    drifted: ["permissions"],
    remove: byId("one.document.delete"),
    allocate: "POST /service_template",
    refused: FLOW_REFUSES,
    unmarked: true,
    count: documents(101),
  },
  {
    type: "Service",
    before: async (world) => {
      const { vm = "" } = await flow(world);
      const { id } = await world.make("ServiceTemplate", "base", { name: "base", body: services(vm) });
      return { template: id };
    },
    inputs: (name, { template }) => ({ name, template: template ?? "", cardinality: { web: "1" } }),
    update: () => ({ name: "renamed-service", cardinality: { web: "2" } }),
    replace: () => ({ template: "99" }),
    drift: async (world, id) => world.call("one.document.rename", Number(id), "by-hand"),
    drifted: ["name"],
    remove: byId("one.document.delete"),
    allocate: ({ template }) => `POST /service_template/${template ?? ""}/action`,
    denied: FLOW_REFUSES,
    unmarked: true,
    count: documents(100),
  },
];
