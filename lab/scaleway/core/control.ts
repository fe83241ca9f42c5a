// SPDX-License-Identifier: Apache-2.0
import type { Delays } from "./clock";
import type { Body } from "./body";
import { notImplemented } from "./errors";
import { tableNames } from "./model";
import type { RequestLog } from "./requests";
import { noContent, ok, type Answer } from "./router";
import type { World } from "./world";

interface ControlRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Body;
}

type Call = (request: ControlRequest) => Answer;

/** Calls under `/_lab/`, for tests and the lab's own status: no token, loopback only, no part of Scaleway's API. */
export class Control {
  private readonly calls: Record<string, Call>;

  constructor(
    private readonly world: World,
    private readonly log: RequestLog,
  ) {
    this.calls = {
      "GET /_lab/health": () => ok({ standIn: true, pid: process.pid }),
      "GET /_lab/account": () => ok(this.account()),
      "GET /_lab/requests": ({ query }) => ok({ requests: this.log.since(Number(query.get("since") ?? 0)) }),
      "DELETE /_lab/requests": () => {
        this.log.clear();
        return noContent;
      },
      "GET /_lab/faults": () => ok(this.world.faults.list()),
      "POST /_lab/faults": ({ body }) => ok(this.world.faults.add(body)),
      "DELETE /_lab/faults": ({ query }) => {
        this.world.faults.clear(query.get("id") ?? undefined);
        return noContent;
      },
      "GET /_lab/clock": () => ok(this.clock()),
      "POST /_lab/clock": ({ body }) => ok(this.setClock(body)),
      "POST /_lab/stock": ({ body }) => ok(this.setStock(body)),
    };
  }

  answer(request: ControlRequest): Answer {
    const call = this.calls[`${request.method} ${request.path}`];
    if (call === undefined) throw notImplemented(request.method, request.path);
    return call(request);
  }

  /** How many objects of each kind there are: two equal answers mean that nothing was left behind between them. */
  private account(): object {
    const objects = Object.fromEntries(tableNames.map((name) => [name, this.world.store.all(name).length]));
    return { objects, transitions: this.world.store.state.jobs.length };
  }

  private clock(): object {
    return { speed: this.world.clock.speed, delays: this.world.clock.delays };
  }

  /** `{speed?, delays?: {<state>: milliseconds}}`; `{hurry: true}` makes what is waiting due at once. */
  private setClock(body: Body): object {
    const { clock, scheduler } = this.world;
    const delays = body.object("delays");
    const speed = body.number("speed", clock.speed);
    if (speed <= 0) body.refuse("speed", "must be greater than 0", 1);
    for (const name of delays?.keys() ?? []) {
      if (!(name in clock.delays)) delays?.refuse(name, `must be one of ${Object.keys(clock.delays).join(", ")}`, 0);
    }
    const wanted = (Object.keys(clock.delays) as (keyof Delays)[]).map(
      (name) => [name, delays?.number(name, clock.delays[name]) ?? clock.delays[name]] as const,
    );
    body.check();
    clock.speed = speed;
    Object.assign(clock.delays, Object.fromEntries(wanted));
    if (body.boolean("hurry", false)) scheduler.hurry();
    return this.clock();
  }

  /** `{offer: <id>, stock: "empty" | "available"}`: an order of an offer without stock is refused. */
  private setStock(body: Body): object {
    const offer = body.string("offer");
    const stock = body.string("stock");
    if (stock !== "empty" && stock !== "available") body.refuse("stock", "must be empty or available", "");
    body.check();
    const others = this.world.store.state.outOfStock.filter((id) => id !== offer);
    this.world.store.state.outOfStock = stock === "empty" ? [...others, offer] : others;
    this.world.store.changed();
    return { outOfStock: this.world.store.state.outOfStock };
  }
}
