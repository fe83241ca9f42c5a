// SPDX-License-Identifier: Apache-2.0

/** OneFlow's service templates and services, through its REST interface. */
import { XmlElement } from "../../opennebula";
import { isMap } from "../check";
import type { Apply } from "../definition";
import { FlowError } from "../flow";
import type { Candidate, Kind } from "../framework/kind";
import { UNKNOWN, type PropertyMap, type PropertyValue } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { idOutput, nameProperty, OWNERSHIP_OUTPUTS, ownership, text } from "./common";
import { asText } from "../framework/values";

/** A document of OneFlow in the form in which oned gives objects; the body stays JSON text. */
function fromFlow(document: PropertyMap): XmlElement {
  const element = new XmlElement("DOCUMENT");
  for (const [name, value] of Object.entries(document)) element.children.push(toElement(name, value));
  return element;
}

function toElement(name: string, value: PropertyValue): XmlElement {
  const element = new XmlElement(name);
  if (name === "BODY") element.text = JSON.stringify(value);
  else if (isMap(value)) for (const [key, one] of Object.entries(value)) element.children.push(toElement(key, one));
  else element.text = value === null ? "" : asText(value);
  return element;
}

function bodyOf(object: XmlElement): PropertyMap {
  const body = object.child("TEMPLATE")?.value("BODY") ?? "";
  return body === "" ? {} : (JSON.parse(body) as PropertyMap);
}

/** What a program says of a template: without what is a property of its own, or OneFlow's alone. */
function templateBody(object: XmlElement): PropertyMap {
  const { name: _name, registration_time: _time, ...body } = bodyOf(object);
  return body;
}

type Path = "service" | "service_template";

async function find(call: ResourceCall, path: Path, id: string): Promise<XmlElement | undefined> {
  try {
    const answer = await call.flow().send("GET", `/${path}/${id}`, { signal: call.context.signal });
    const document = answer?.["DOCUMENT"];
    return isMap(document) ? fromFlow(document) : undefined;
  } catch (error) {
    if (error instanceof FlowError && error.status === 404) return undefined;
    throw error;
  }
}

async function candidates(call: ResourceCall, path: Path, name: PropertyValue | undefined): Promise<Candidate[]> {
  const answer = await call.flow().send("GET", `/${path}`, { signal: call.context.signal });
  const pool = answer?.["DOCUMENT_POOL"];
  const documents = isMap(pool) ? (pool["DOCUMENT"] ?? []) : [];
  const list: PropertyValue[] = Array.isArray(documents) ? documents : [documents];
  return list.flatMap((one) =>
    isMap(one) && one["NAME"] === name ? [{ id: asText(one["ID"]), object: fromFlow(one) }] : [],
  );
}

/** The id in the answer to what makes a document. */
function idIn(answer: PropertyMap | undefined, what: string): string {
  const document = answer?.["DOCUMENT"];
  if (isMap(document)) return asText(document["ID"]);
  throw new Error(`OneFlow accepted ${what} but told no id`);
}

/** OneFlow takes ids of templates only as numbers, and outputs of resources are texts. */
function withNumbers(body: PropertyMap): PropertyMap {
  const { roles } = body;
  if (!Array.isArray(roles)) return body;
  const numbered = roles.map((role) => {
    if (!isMap(role)) return role;
    const ids = ["template_id", "vm_template"].filter(
      (key) => typeof role[key] === "string" && /^\d+$/.test(role[key]),
    );
    return { ...role, ...Object.fromEntries(ids.map((key) => [key, Number(role[key])])) };
  });
  return { ...body, roles: numbered };
}

const act = async (
  call: ResourceCall,
  path: string,
  perform: string,
  params: PropertyMap,
): Promise<PropertyMap | undefined> =>
  call.flow().send("POST", `${path}/action`, { body: { action: { perform, params } }, signal: call.context.signal });

export const SERVICE_TEMPLATE: Kind = {
  name: "ServiceTemplate",
  word: "service template",
  api: "document",
  description: "A template of multi-VM services, kept by OneFlow. Fields that OneFlow adds are no difference.",
  importId: "the number that `oneflow-template list` shows",
  marked: "lost",
  unique: false,
  inputs: {
    ...nameProperty("document", "Name of the template.", { attribute: undefined }),
    body: {
      type: "json",
      description:
        "The template as `oneflow-template create` takes it, without its name: `deployment`, `roles` and so on.",
      required: true,
      retold: true,
      read: templateBody,
      apply: async (work, { wanted }) => {
        await work.update({ body: wanted ?? null });
      },
    },
    ...ownership("document"),
  },
  outputs: { serviceTemplateId: idOutput("Number of the template."), ...OWNERSHIP_OUTPUTS },
  check: ({ body }) => {
    const roles = isMap(body) ? body["roles"] : undefined;
    if (body === undefined || body === UNKNOWN) return [];
    if (!isMap(body)) return [{ property: "body", reason: "must be a map" }];
    if ("name" in body) return [{ property: "body.name", reason: "has a property of its own: name" }];
    return Array.isArray(roles) || roles === undefined || roles === UNKNOWN
      ? []
      : [{ property: "body.roles", reason: "must be a list" }];
  },
  calls: {
    find: async (call, id) => find(call, "service_template", id),
    candidates: async (call, wish) => candidates(call, "service_template", wish["name"]),
    allocate: async (call, wish) => {
      const body: PropertyMap = { name: wish["name"] ?? null, ...withNumbers(wish["body"] as PropertyMap) };
      const answer = await call.flow().send("POST", "/service_template", { body, signal: call.context.signal });
      return idIn(answer, "the service template");
    },
    patch: async (call, id, { body }, wish) => {
      const text: PropertyMap = { name: wish["name"] ?? null, ...withNumbers(body as PropertyMap) };
      await call.flow().send("PUT", `/service_template/${id}`, { body: text, signal: call.context.signal });
    },
    remove: async (call, id) => {
      await call.flow().send("DELETE", `/service_template/${id}`, { signal: call.context.signal });
    },
  },
};

/** States of services by number. */
const STATES = [
  ...["PENDING", "DEPLOYING", "RUNNING", "UNDEPLOYING", "WARNING", "DONE", "FAILED_UNDEPLOYING", "FAILED_DEPLOYING"],
  ...["SCALING", "FAILED_SCALING", "COOLDOWN", "DEPLOYING_NETS", "UNDEPLOYING_NETS", "FAILED_DEPLOYING_NETS"],
  ...["FAILED_UNDEPLOYING_NETS", "HOLD"],
];
/** The last thing that went wrong, as OneFlow's log of the service tells it. */
function reasonOf(object: XmlElement): string | undefined {
  const { log } = bodyOf(object);
  const entries = Array.isArray(log) ? log.filter(isMap).filter(({ severity }) => severity === "E") : [];
  const message = entries.at(-1)?.["message"];
  return typeof message === "string" ? message : undefined;
}

const stateOf = (object: XmlElement): string => STATES[Number(bodyOf(object)["state"])] ?? "unknown";

function cardinalities(object: XmlElement): PropertyMap {
  const { roles } = bodyOf(object);
  const list = Array.isArray(roles) ? roles.filter(isMap) : [];
  return Object.fromEntries(
    list.map((role) => [String(role["name"] as string), String(role["cardinality"] as number)]),
  );
}

const scale: Apply = async (work, { wanted, actual }) => {
  for (const [role, count] of Object.entries((wanted ?? {}) as PropertyMap)) {
    const is = isMap(actual) ? actual[role] : undefined;
    if (asText(count) === is) continue;
    await work.until("it is not running", (object) => stateOf(object) === "RUNNING");
    await work.update({ role, count });
  }
};

export const SERVICE: Kind = {
  name: "Service",
  word: "service",
  api: "document",
  description:
    "A service of several VMs, made from a service template. Creation waits until it runs; deletion ends its VMs.",
  importId: "the number that `oneflow list` shows",
  marked: "lost",
  unique: false,
  gone: (object) => stateOf(object) === "DONE",
  goneSeconds: 600,
  state: {
    first: true,
    word: stateOf,
    judge: (object) => {
      const state = stateOf(object);
      // After it was scaled a service rests for minutes; what was asked for is there.
      if (state === "RUNNING" || state === "COOLDOWN") return "ready";
      return state.startsWith("FAILED") ? "failed" : "busy";
    },
    reason: reasonOf,
    seconds: 900,
  },
  inputs: {
    ...nameProperty("document", "Name of the service.", {
      attribute: undefined,
      apply: async (work, { wanted }) => {
        await work.update({ rename: wanted ?? null });
      },
    }),
    template: text("Name or id of the service template.", {
      required: true,
      reference: "document",
      immutable: true,
      unreadable: true,
    }),
    extra: {
      type: "json",
      description:
        "Laid over the template as `oneflow-template instantiate` does: values of networks and user inputs, and so on.",
      immutable: true,
      unreadable: true,
    },
    cardinality: {
      type: "stringMap",
      description: "Number of VMs by role; roles that are left out stay as the template or OneFlow has them.",
      read: cardinalities,
      apply: scale,
    },
    ...ownership("document"),
  },
  outputs: {
    serviceId: idOutput("Number of the service."),
    state: { type: "string", description: "State, e.g. `RUNNING`.", read: stateOf },
    ...OWNERSHIP_OUTPUTS,
  },
  calls: {
    find: async (call, id) => find(call, "service", id),
    candidates: async (call, wish) => candidates(call, "service", wish["name"]),
    allocate: async (call, wish) => {
      const extra = isMap(wish["extra"]) ? wish["extra"] : {};
      const path = `/service_template/${asText(wish["template"])}`;
      const merged: PropertyMap = { ...extra, name: wish["name"] ?? null };
      const answer = await act(call, path, "instantiate", { merge_template: merged });
      return idIn(answer, "the service");
    },
    patch: async (call, id, { rename, role, count }) => {
      if (rename !== undefined) await act(call, `/service/${id}`, "rename", { name: rename });
      if (role === undefined) return;
      const body: PropertyMap = { role_name: role, cardinality: Number(count), force: false };
      await call.flow().send("POST", `/service/${id}/scale`, { body, signal: call.context.signal });
    },
    remove: async (call, id) => {
      await call.flow().send("DELETE", `/service/${id}`, { signal: call.context.signal });
    },
  },
};
