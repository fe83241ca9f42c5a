// SPDX-License-Identifier: Apache-2.0

/** Images, and what is exported from a marketplace. */
import { buildTemplate, isNoExists, parseTemplate, type XmlElement } from "../../opennebula";
import { MARKER } from "../framework/attributes";
import { allocate, findObject, markerOf, namedCandidates, send } from "../framework/calls";
import type { Kind, StateRule } from "../framework/kind";
import { markerValue } from "../framework/register";
import { UNKNOWN, type PropertyMap } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import {
  attributesProperty,
  callWith,
  flag,
  idOutput,
  integer,
  nameProperty,
  OWNERSHIP_OUTPUTS,
  ownership,
  text,
} from "./common";
import { lockProperty } from "./lock";
import { withValue } from "./parts";
import { asText } from "../framework/values";

const IMAGE_STATES = [
  ...["INIT", "READY", "USED", "DISABLED", "LOCKED", "ERROR", "CLONE", "DELETE", "USED_PERS", "LOCKED_USED"],
  "LOCKED_USED_PERS",
];
const word = (object: XmlElement): string => IMAGE_STATES[object.int("STATE", -1)] ?? object.value("STATE");

const IMAGE_STATE: StateRule = {
  first: true,
  word,
  judge: (object) => {
    const state = word(object);
    if (["READY", "USED", "DISABLED", "USED_PERS"].includes(state)) return "ready";
    return state === "ERROR" ? "failed" : "busy";
  },
  reason: (object) => object.child("TEMPLATE")?.value("ERROR"),
  seconds: 1800,
};

/** Types by the number that oned answers with. */
const IMAGE_TYPES = ["OS", "CDROM", "DATABLOCK", "KERNEL", "RAMDISK", "CONTEXT", "BACKUP"];

export const IMAGE: Kind = {
  name: "Image",
  word: "image",
  api: "image",
  description:
    "An image: from a path or URL that the front-end reads, an empty data block, or an app of a marketplace. Creation waits until " +
    "the image is ready. oned takes no uploads: a file of your own has to lie on the front-end or be served over HTTP.",
  importId: "the number that `oneimage list` shows",
  marked: "allocate",
  unique: false,
  state: IMAGE_STATE,
  inputs: {
    ...nameProperty("image", "Name of the image. Unique for its owner."),
    datastore: text("Name or id of the datastore.", {
      required: true,
      reference: "datastore",
      immutable: true,
      idOutput: "datastoreId",
      read: (object) => object.value("DATASTORE_ID"),
    }),
    type: text("What it is for.", {
      attribute: "TYPE",
      default: "OS",
      read: (object) => IMAGE_TYPES[object.int("TYPE", -1)] ?? object.value("TYPE"),
      apply: callWith("one.image.chtype"),
      enum: {
        name: "ImageType",
        description: "What an image is for.",
        values: {
          Os: "OS",
          Cdrom: "CDROM",
          Datablock: "DATABLOCK",
          Kernel: "KERNEL",
          Ramdisk: "RAMDISK",
          Context: "CONTEXT",
        },
      },
    }),
    description: text("For people.", { attribute: "DESCRIPTION" }),
    path: text("Path on the front-end, inside the datastore's safe directories, or URL.", {
      attribute: "PATH",
      noAsset:
        "oned takes no uploads: put the file onto the front-end, into a safe directory of the datastore, or serve it over HTTP, and " +
        "give that path or URL",
      immutable: true,
      unreadable: true,
    }),
    marketplaceApp: text("Name or id of the marketplace app that the image is made from.", {
      attribute: "FROM_APP",
      reference: "marketapp",
      immutable: true,
      unreadable: true,
    }),
    size: integer("MiB of an empty data block.", {
      attribute: "SIZE",
      sticky: true,
      immutable: true,
      minimum: 1,
      read: (object) => object.int("SIZE", 0),
    }),
    format: text("Format of the disk, e.g. `qcow2` or `raw`.", {
      attribute: "FORMAT",
      sticky: true,
      immutable: true,
      read: (object) => (object.value("FORMAT") === "" ? undefined : object.value("FORMAT")),
    }),
    fileSystem: text("File system that an empty data block gets.", {
      attribute: "FS",
      sticky: true,
      immutable: true,
      read: (object) => (object.value("FS") === "" ? undefined : object.value("FS")),
    }),
    persistent: flag("VMs write into the image itself, so that one VM at a time can use it.", {
      attribute: "PERSISTENT",
      default: false,
      read: (object) => object.value("PERSISTENT") === "1",
      apply: callWith("one.image.persistent"),
    }),
    enabled: flag("False: no new VM can use it. Left out: as oned has it.", {
      sticky: true,
      read: (object) => word(object) !== "DISABLED",
      apply: callWith("one.image.enable"),
    }),
    devicePrefix: text("`vd`, `sd` or `hd`.", { attribute: "DEV_PREFIX", sticky: true }),
    target: text("Device name in the guest.", { attribute: "TARGET" }),
    driver: text("Format that the hypervisor is told.", { attribute: "DRIVER" }),
    md5: text("MD5 sum that the source must have.", { attribute: "MD5", immutable: true, unreadable: true }),
    sha1: text("SHA-1 sum that the source must have.", { attribute: "SHA1", immutable: true, unreadable: true }),
    ...attributesProperty(),
    ...lockProperty("image"),
    ...ownership("image"),
  },
  outputs: {
    imageId: idOutput("oned's number of the image."),
    datastoreId: idOutput("Number of the datastore.", "DATASTORE_ID"),
    source: { type: "string", description: "Where the datastore keeps it.", read: (object) => object.value("SOURCE") },
    ...OWNERSHIP_OUTPUTS,
  },
  check: (inputs) => {
    const { path, marketplaceApp, size, type } = inputs;
    const sources = [path, marketplaceApp].filter((one) => one !== undefined).length;
    const empty = sources === 0 && size !== undefined && (type === "DATABLOCK" || type === UNKNOWN);
    if (sources === 1 || empty) return [];
    const reason = "or `marketplaceApp`, or `size` of an empty DATABLOCK: exactly one source is needed";
    return [{ property: "path", reason }];
  },
  calls: {
    allocate: async (call, wish, template) =>
      allocate(call, "one.image.allocate", template, Number(wish["datastore"]), false),
    remove: async (call, id) => void (await send(call, "one.image.delete", [Number(id), false])),
  },
};

/** What an export has made: an image and, if the app brings one, a template of VMs with it. */
async function exported(call: ResourceCall, id: string): Promise<XmlElement | undefined> {
  const [image = "", template] = id.split(":");
  const object = await findObject(call, "image", image);
  if (object === undefined || template === undefined) return object;
  const other = await findObject(call, "template", template);
  return other === undefined ? undefined : withValue(object, "EXPORTED_TEMPLATE_ID", template);
}

export const MARKETPLACE_APP_EXPORT: Kind = {
  name: "MarketplaceAppExport",
  word: "exported marketplace app",
  api: "image",
  description:
    "A marketplace app brought into a datastore: its image and, if the app has one, its VM template, as `onemarketapp export` makes " +
    "them. Deleting it deletes both.",
  importId: "`<image>:<template>`, or the image's number alone if there is no template",
  idPattern: /^\d{1,9}(?::\d{1,9})?$/,
  marked: "never",
  unique: false,
  state: IMAGE_STATE,
  inputs: {
    ...nameProperty("image", "Name of the image.", {
      apply: async (work, { wanted }) => {
        await work.call("one.image.rename", [Number(work.id.split(":")[0]), asText(wanted)]);
      },
    }),
    app: text("Name or id of the app.", {
      required: true,
      reference: "marketapp",
      immutable: true,
      attribute: "FROM_APP",
      unreadable: true,
    }),
    datastore: text("Name or id of the datastore.", {
      required: true,
      reference: "datastore",
      immutable: true,
      idOutput: "datastoreId",
      read: (object) => object.value("DATASTORE_ID"),
    }),
    templateName: text("Name of the VM template; the image's if it is left out.", {
      immutable: true,
      unreadable: true,
    }),
  },
  outputs: {
    imageId: idOutput("Number of the image."),
    templateId: idOutput("Number of the VM template, if the app has one.", "EXPORTED_TEMPLATE_ID", {
      required: false,
    }),
    datastoreId: idOutput("Number of the datastore.", "DATASTORE_ID"),
  },
  calls: {
    find: exported,
    // Image and template are two objects, so what an interrupted run has made of them is looked for one by one.
    candidates: async () => [],
    allocate: async (call, wish, template) => {
      const mark = { [MARKER]: markerValue(call.resource.urn) };
      const image =
        (await marked(call, "image", wish["name"] as string)) ??
        (await allocate(call, "one.image.allocate", { ...template, ...mark }, Number(wish["datastore"]), false));
      const made = await templateFor(call, wish, image);
      return made === undefined ? image : `${image}:${made}`;
    },
    update: async () => undefined,
    remove: async (call, id) => {
      const [image, template] = id.split(":");
      if (template !== undefined) await removeTemplate(call, template);
      await send(call, "one.image.delete", [Number(image), false]);
    },
  },
};

async function removeTemplate(call: ResourceCall, id: string): Promise<void> {
  await send(call, "one.template.delete", [Number(id), false]).catch((error: unknown) => {
    if (!isNoExists(error)) throw error;
  });
}

const templateName = (wish: PropertyMap): string => asText(wish["templateName"] ?? wish["name"]);

/** The object of that name that bears this resource's marker. */
async function marked(call: ResourceCall, api: "image" | "template", name: string): Promise<string | undefined> {
  const mark = markerValue(call.resource.urn);
  return (await namedCandidates(call, { api }, { name })).find(({ object }) => markerOf(object) === mark)?.id;
}

/** The VM template that the app brings along, with a disk of the new image. */
async function templateFor(call: ResourceCall, wish: PropertyMap, image: string): Promise<string | undefined> {
  const app = await findObject(call, "marketapp", asText(wish["app"]));
  const encoded = app?.value("APPTEMPLATE64") ?? "";
  if (encoded === "") return undefined;
  const there = await marked(call, "template", templateName(wish));
  if (there !== undefined) {
    // Its image may be another one: somebody has deleted the first.
    const disk = buildTemplate({ DISK: { IMAGE_ID: image } });
    await send(call, "one.template.update", [Number(there), disk, 1]);
    return there;
  }
  const given = parseTemplate(Buffer.from(encoded, "base64").toString("utf8"));
  return allocate(call, "one.template.allocate", {
    ...given,
    NAME: templateName(wish),
    DISK: { IMAGE_ID: image },
    [MARKER]: markerValue(call.resource.urn),
  });
}
