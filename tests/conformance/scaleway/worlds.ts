// SPDX-License-Identifier: Apache-2.0
// What the recorded scenarios found or met without having made it: objects from before, refusals, slow transitions.
import type { HttpCall, Scenario } from "./recordings";

/** A call that brings something about; ids in `learn` are paired with those of its answer. */
export interface Preparation {
  method: string;
  path: string;
  body: unknown;
  learn?: unknown;
}

const otherProject = "44444444-4444-4444-8444-444444444444";
const publicKey = (n: number): string => {
  const type = Buffer.from("ssh-ed25519");
  const blob = Buffer.concat([Buffer.from([0, 0, 0, 11]), type, Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, n)]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
};

/** A fault that is met once by this call; the emulator makes the body unless the recorded one is special. */
function fault(call: HttpCall, body?: unknown): Preparation {
  const path = `^${call.path.replaceAll(/[.+]/g, "\\$&")}$`;
  const headers = call.headers ?? {};
  return {
    method: "POST",
    path: "/_lab/faults",
    body: {
      match: { method: call.method, path },
      status: call.status,
      times: 1,
      headers,
      ...(body === undefined ? {} : { body }),
    },
  };
}

/** Scenarios whose refusals were made by the one who recorded them, though no `worldBefore` says so. */
const refusing = new Set([
  "elasticmetal.Server/ipam-forbidden",
  "network.Vpc/create-read-403",
  "network.Vpc/create-read-404",
  "network.Vpc/refresh-forbidden",
  "network.Vpc/retry-503-501",
]);

/**
 * Texts in requests that differ: the recorded API gave an address outside the network's subnet, the emulator refuses it
 * (`full`: pn-a has 172.16.4.0/22).
 */
export const substitutions: Record<string, [from: string, to: string][]> = {
  "elasticmetal.Server/full": [["172.16.0.9", "172.16.4.9"]],
};

const delays = (values: Record<string, number>): Preparation => ({
  method: "POST",
  path: "/_lab/clock",
  body: { delays: values },
});
const transition = (body: Record<string, unknown>): Preparation => ({ method: "POST", path: "/_lab/faults", body });

/** Everything to be done before the call with this number (from 1). */
export function preparations(scenario: Scenario, number: number, call: HttpCall): Preparation[] {
  const name = `${scenario.resource}/${scenario.name}`;
  const isFirst = number === 1;
  const found: Preparation[] = [];
  if (isFirst) found.push(...present(scenario));
  if (refusing.has(name) && call.status >= 400) found.push(fault(call));
  if (name === "elasticmetal.Server/order-refused" && call.status >= 400) {
    if (call.status === 412)
      found.push({ method: "POST", path: "/_lab/stock", body: { offer: "EM-A610R-NVME", stock: "empty" } });
    else found.push(fault(call, call.response));
  }
  if (name === "elasticmetal.Server/create-fails-at-option" && call.status === 400)
    found.push(fault(call, call.response));
  if (name === "elasticmetal.Server/install-error" && isFirst)
    found.push(transition({ transition: "install", outcome: "error" }));
  if (name === "elasticmetal.Server/server-error" && isFirst)
    found.push(transition({ transition: "deliver", outcome: "error" }));
  // The look-up by name saw the order, the read after it the finished server.
  if (name === "elasticmetal.getServer/calls" && isFirst) found.push(delays({ ordered: 500 }));
  // Polls every 5 s saw: ordered, delivering, delivering, installing, completed.
  if (name === "elasticmetal.Server/slow-delivering" && isFirst) {
    found.push(delays({ ordered: 4_000, delivering: 10_000, installing: 3_000 }));
  }
  return found;
}

/** Things that a scenario names in bodies without ever having seen them: SSH keys, the second project. */
function present({ http }: Scenario): Preparation[] {
  const bodies = JSON.stringify(http.map(({ request, response }) => [request ?? null, response ?? null]));
  const keys = new Set(
    [...bodies.matchAll(/"ssh_key_ids":\[([^\]]*)\]/g)].flatMap((match) => JSON.parse(`[${match[1]}]`) as string[]),
  );
  const made = new Set(
    http
      .filter(({ method, path }) => method === "POST" && path.endsWith("/ssh-keys"))
      .map(({ response }) => idOf(response)),
  );
  const missing = [...keys].filter((id) => !made.has(id));
  return [
    ...(bodies.includes(otherProject)
      ? [{ method: "POST", path: "/account/v3/projects", body: { name: "other" }, learn: { id: otherProject } }]
      : []),
    ...missing.map((id, n) => ({
      method: "POST",
      path: "/iam/v1alpha1/ssh-keys",
      body: { name: `present-${n}`, public_key: publicKey(n) },
      learn: { id },
    })),
  ];
}

function idOf(answer: unknown): unknown {
  const { id, access_key } = (answer ?? {}) as { id?: unknown; access_key?: unknown };
  return id ?? access_key;
}

export interface Seed extends Preparation {
  /** Not made again once this id is known. */
  recordedId: string;
}

type Recorded = Record<string, unknown>;

/**
 * How to make, before a read, the objects in its answer that the scenario did not make (imports, look-ups). What an
 * object refers to (VPC, application) is made or paired with it.
 */
export function seedsFor(scenario: Scenario, { method, path, status, response }: HttpCall): Seed[] {
  if (
    method !== "GET" ||
    status !== 200 ||
    /\/(offers|os|options|rules|acl-rules|server-private-networks)(\/|$)/.test(path)
  ) {
    return [];
  }
  const answer = (response ?? {}) as Recorded;
  if (typeof idOf(answer) === "string") return seedsOf(scenario, path.slice(0, path.lastIndexOf("/")), answer);
  const list = Object.values(answer).find((value): value is Recorded[] => Array.isArray(value)) ?? [];
  return list.flatMap((item) => seedsOf(scenario, path, item));
}

function seedsOf(scenario: Scenario, path: string, answer: Recorded): Seed[] {
  const kind = path.slice(path.lastIndexOf("/") + 1);
  const recordedId = String(idOf(answer));
  const seed = (body: unknown): Seed => ({ recordedId, method: "POST", path, body, learn: answer });
  const { id: _id, access_key: _key, ...body } = answer;
  if (kind === "private-networks") {
    const subnets = (body["subnets"] as Recorded[]).map(({ subnet }) => subnet);
    // In the project's default VPC, which always is there.
    return [seed({ ...body, subnets, vpc_id: undefined })];
  }
  if (kind === "vpcs" && body["is_default"] === true) {
    const region = path.slice(0, path.lastIndexOf("/"));
    return [
      { recordedId, method: "GET", path: `${region}/vpcs?is_default=true`, body: undefined, learn: { vpcs: [answer] } },
    ];
  }
  if (kind === "ips") return ipSeeds(scenario, path, { recordedId, answer });
  if (kind === "api-keys") {
    const id = String(body["application_id"]);
    return [
      { recordedId: id, method: "POST", path: "/iam/v1alpha1/applications", body: { name: "present" }, learn: { id } },
      seed(body),
    ];
  }
  if (kind === "policies") {
    const rules = scenario.http.find(({ path: other }) => other.endsWith("/rules"))?.response as Recorded | undefined;
    return [seed({ ...body, rules: rules?.["rules"] })];
  }
  return [seed(body)];
}

function ipSeeds(
  scenario: Scenario,
  path: string,
  { recordedId, answer }: { recordedId: string; answer: Recorded },
): Seed[] {
  const networkId = scenario.http
    .map(({ query }) => /private_network_id=([^&]+)/.exec(query ?? "")?.[1])
    .find((id) => id !== undefined);
  const id = networkId ?? "00000000-0000-0000-0000-00000000000a";
  const network: Seed = {
    recordedId: id,
    method: "POST",
    path: "/vpc/v2/regions/fr-par/private-networks",
    body: { name: "present" },
    learn: { id },
  };
  const { address, resource, tags } = answer;
  const body = { source: { private_network_id: id }, address, resource: resource ?? undefined, tags };
  return [network, { recordedId, method: "POST", path, body, learn: answer }];
}
