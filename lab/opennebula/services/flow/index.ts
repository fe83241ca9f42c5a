// SPDX-License-Identifier: Apache-2.0

/** OneFlow's REST calls that the provider and the day-two commands use, on documents and VMs of oned. */
import { OnedRefusal } from "../../cli/call";
import type { ServiceAnswer, ServiceRequest } from "../gate";
import { Documents, DocumentType, type FlowDocument, type OnedCall } from "./documents";
import { enter, LifeCycle } from "./life-cycle";
import { NoTemplate, serviceTemplate, State, type Service, type ServiceTemplate } from "./model";

export interface FlowOptions {
  call: OnedCall;
  /** Of oneadmin, for what happens without a request. */
  session: string;
  /** Between two looks at the services. @default 1000 */
  tickMilliseconds?: number;
  /** Of roles that name none; OneFlow's `:default_cooldown:`. @default 300 */
  cooldownSeconds?: number;
}

export interface Flow {
  answer: (request: ServiceRequest) => Promise<ServiceAnswer>;
  /** Stops looking after services. */
  close: () => Promise<void>;
}

const AUTHENTICATION = 0x0100;
const AUTHORIZATION = 0x0200;
const NO_EXISTS = 0x0400;

/** As OneFlow maps oned's codes; the two about rights are not what HTTP would have. */
const statusOf = ({ code }: OnedRefusal): number =>
  ({ [AUTHORIZATION]: 401, [AUTHENTICATION]: 403, [NO_EXISTS]: 404 })[code] ?? 500;

/** OneFlow tells reasons as plain text; what is no object is sent as it is. */
const refused = (status: number, reason: string): ServiceAnswer => ({ status, text: reason });

const asPool = (documents: FlowDocument<object>[]): object => ({
  DOCUMENT_POOL: documents.length === 0 ? {} : { DOCUMENT: documents.map(({ shown }) => shown) },
});

/** Answers requests as OneFlow does, and looks after the services meanwhile. */
export function oneFlow(options: FlowOptions): Flow {
  const { call, session, tickMilliseconds = 1000, cooldownSeconds = 300 } = options;
  const lifeCycle = new LifeCycle(call, session);
  const own = new Documents<Service>(DocumentType.Service, session, call);
  let queue: Promise<unknown> = Promise.resolve();
  /** Requests and ticks change services one after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  };
  const tick = async (): Promise<void> => {
    for (const document of await own.all())
      if (await lifeCycle.advance(document)) await own.update(document.id, document.body);
  };
  // oned may be away for a while: the next look finds it again.
  const timer = setInterval(() => void inTurn(tick).catch(() => undefined), tickMilliseconds);

  const instantiate = async (
    template: FlowDocument<ServiceTemplate>,
    merge: Record<string, unknown>,
    services: Documents<Service>,
  ): Promise<ServiceAnswer> => {
    const { registration_time: _, ...merged } = serviceTemplate({ ...template.body, ...merge });
    const service: Service = {
      ...merged,
      state: State.Pending,
      start_time: Math.floor(Date.now() / 1000),
      log: [],
      roles: merged.roles.map((role) => ({
        ...{ cooldown: cooldownSeconds, elasticity_policies: [], scheduled_policies: [] },
        ...{ ...role, state: State.Pending, last_vmname: 0, nodes: [] },
      })),
    };
    const id = await services.allocate(merged.name, service);
    return { status: 201, body: { DOCUMENT: (await services.get(id))?.shown } };
  };

  const onTemplate = async (request: ServiceRequest, id: string | undefined, login: string): Promise<ServiceAnswer> => {
    const templates = new Documents<ServiceTemplate>(DocumentType.Template, login, call);
    if (id === undefined) {
      if (request.method === "GET") return { status: 200, body: asPool(await templates.all()) };
      const template = serviceTemplate(JSON.parse(request.body));
      template.registration_time = Math.floor(Date.now() / 1000);
      const made = await templates.allocate(template.name, template);
      return { status: 201, body: { DOCUMENT: (await templates.get(made))?.shown } };
    }
    const found = await templates.get(Number(id));
    if (found === undefined) return refused(404, `[one.document.info] Error getting document [${id}].`);
    if (request.path.endsWith("/action")) {
      const { action } = JSON.parse(request.body) as {
        action: { perform: string; params?: { merge_template?: Record<string, unknown>; name?: string } };
      };
      const { perform, params = {} } = action;
      if (perform === "instantiate") {
        const services = new Documents<Service>(DocumentType.Service, login, call);
        return inTurn(() => instantiate(found, params.merge_template ?? {}, services));
      }
      if (perform !== "rename") return refused(405, `Action ${perform} not supported`);
      await templates.rename(found.id, params.name ?? "");
      return { status: 204 };
    }
    if (request.method === "DELETE") {
      await templates.delete(found.id);
      return { status: 204 };
    }
    if (request.method === "PUT") {
      const { registration_time } = found.body;
      await templates.update(found.id, { ...serviceTemplate(JSON.parse(request.body)), registration_time });
    }
    return { status: 200, body: { DOCUMENT: (await templates.get(found.id))?.shown } };
  };

  const onService = async (request: ServiceRequest, id: string | undefined, login: string): Promise<ServiceAnswer> => {
    const services = new Documents<Service>(DocumentType.Service, login, call);
    if (id === undefined) return { status: 200, body: asPool(await services.all()) };
    const document = await services.get(Number(id));
    if (document === undefined) return refused(404, `[one.document.info] Error getting document [${id}].`);
    const { body: service } = document;
    const keep = async (): Promise<ServiceAnswer> => {
      await services.update(document.id, service);
      return { status: 204 };
    };
    if (request.method === "DELETE") {
      const settled = [State.Running, State.Warning, State.Cooldown, State.Undeploying].includes(service.state);
      if (!settled) return refused(500, `Service cannot be undeployed in state: ${State[service.state]}`);
      if (service.state !== State.Undeploying) enter(service, State.Undeploying);
      return keep();
    }
    if (request.path.endsWith("/scale")) {
      const wish = JSON.parse(request.body) as { role_name: string; cardinality: number; force?: boolean };
      const role = service.roles.find(({ name }) => name === wish.role_name);
      if (role === undefined) return refused(404, `Role ${wish.role_name} not found`);
      if (service.state !== State.Running)
        return refused(500, `Service cannot be scaled in state: ${State[service.state]}`);
      const { min_vms: least = 0, max_vms: most = Infinity } = role;
      if (!wish.force && (wish.cardinality < least || wish.cardinality > most))
        return refused(500, `Cardinality must be between ${least} and ${most}`);
      const surplus = role.nodes.length - wish.cardinality;
      if (surplus > 0) await lifeCycle.end(service, role, surplus);
      Object.assign(role, { cardinality: wish.cardinality, state: State.Scaling });
      enter(service, State.Scaling);
      return keep();
    }
    if (request.path.endsWith("/action")) {
      const { action } = JSON.parse(request.body) as { action: { perform: string; params?: { name?: string } } };
      if (action.perform !== "rename") return refused(405, `Action ${action.perform} not supported`);
      await services.rename(document.id, action.params?.name ?? "");
      service.name = action.params?.name ?? "";
      return keep();
    }
    return { status: 200, body: { DOCUMENT: document.shown } };
  };

  const answer = async (request: ServiceRequest): Promise<ServiceAnswer> => {
    const [, encoded] = /^Basic (.+)$/.exec(String(request.headers.authorization ?? "")) ?? [];
    if (encoded === undefined) return refused(401, "A username and password must be provided");
    const login = Buffer.from(encoded, "base64").toString();
    const [, kind, id] = /^\/(service|service_template)(?:\/(\d+)(?:\/(?:action|scale))?)?$/.exec(request.path) ?? [];
    if (kind === undefined) return refused(404, "<h1>Not Found</h1>");
    try {
      await call("one.user.info", [-1, false], login);
    } catch (error) {
      if (error instanceof OnedRefusal) return refused(401, "Invalid credentials");
      throw error;
    }
    try {
      if (kind === "service_template") return await onTemplate(request, id, login);
      return await inTurn(() => onService(request, id, login));
    } catch (error) {
      if (error instanceof NoTemplate || error instanceof SyntaxError) return refused(400, error.message);
      if (error instanceof OnedRefusal) return refused(statusOf(error), error.message);
      throw error;
    }
  };
  return {
    answer,
    close: async () => {
      clearInterval(timer);
      await queue;
    },
  };
}
