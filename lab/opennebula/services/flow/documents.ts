// SPDX-License-Identifier: Apache-2.0

/** OneFlow keeps everything in oned, as documents whose attribute BODY is JSON. */
import type { Param } from "../../cli/call";
import { toJson } from "../../cli/format";
import { parseXml } from "../../oned/xml";

/** A call to oned in somebody's name. */
export type OnedCall = (method: string, params: Param[], session: string) => Promise<string>;

export enum DocumentType {
  Service = 100,
  Template = 101,
}

export interface FlowDocument<Body> {
  id: number;
  uid: number;
  gid: number;
  name: string;
  body: Body;
  /** As OneFlow shows it: the document with its body as an object. */
  shown: Record<string, unknown>;
}

interface Raw extends Record<string, unknown> {
  ID: string;
  UID: string;
  GID: string;
  NAME: string;
  TYPE: string;
  TEMPLATE: { BODY: string };
}

function fromRaw<Body>(raw: Raw): FlowDocument<Body> {
  const body = JSON.parse(raw.TEMPLATE.BODY) as Body;
  const shown = { ...raw, TEMPLATE: { BODY: body } };
  return { id: Number(raw.ID), uid: Number(raw.UID), gid: Number(raw.GID), name: raw.NAME, body, shown };
}

/** A body as the template of a document. */
const asTemplate = (body: unknown): string =>
  `BODY = "${JSON.stringify(body).replace(/\\/g, "\\\\").replaceAll('"', '\\"')}"`;

/** The documents of one type, seen with one login. */
export class Documents<Body extends object> {
  constructor(
    private readonly type: DocumentType,
    private readonly session: string,
    private readonly call: OnedCall,
  ) {}

  async all(): Promise<FlowDocument<Body>[]> {
    const pool = await this.call("one.documentpool.info", [-2, -1, -1, this.type], this.session);
    const { DOCUMENT = [] } = (toJson(parseXml(pool)) || {}) as { DOCUMENT?: Raw | Raw[] };
    return [DOCUMENT].flat().map((raw) => fromRaw<Body>(raw));
  }

  /** A document of another type is none of these. */
  async get(id: number): Promise<FlowDocument<Body> | undefined> {
    const raw = toJson(parseXml(await this.call("one.document.info", [id, false], this.session))) as Raw;
    return Number(raw.TYPE) === Number(this.type) ? fromRaw<Body>(raw) : undefined;
  }

  async allocate(name: string, body: Body): Promise<number> {
    const template = `NAME = "${name.replaceAll('"', '\\"')}"\n${asTemplate(body)}`;
    return Number(await this.call("one.document.allocate", [template, this.type], this.session));
  }

  async update(id: number, body: Body): Promise<void> {
    await this.call("one.document.update", [id, asTemplate(body), 0], this.session);
  }

  async rename(id: number, name: string): Promise<void> {
    await this.call("one.document.rename", [id, name], this.session);
  }

  async delete(id: number): Promise<void> {
    await this.call("one.document.delete", [id], this.session);
  }
}
