// SPDX-License-Identifier: Apache-2.0

/** What tells one kind of resource from another: data for the framework, and calls only where oned's API has an exception. */
import type { Template, XmlElement } from "../../opennebula";
import type { CheckFailure, PropertyMap, ResourceState } from "../grpc/provider";
import type { ResourceDefinition } from "../definition";
import type { ResourceCall } from "../resource";

/** An object that may be what an interrupted create has left. */
export interface Candidate {
  id: string;
  object: XmlElement;
}

/** A change of an object's template, in both forms that oned's calls take. */
export interface TemplateChange {
  /** Attributes that are new or other than before. */
  changes: Template;
  /** The template as it will be. */
  whole: Template;
  /** An attribute goes, which only the whole template can say. */
  removes: boolean;
}

/** The calls of a kind whose objects are not plain ones with `allocate`, `info`, `update` and `delete`. */
export interface KindCalls {
  /** Undefined when the object is gone. */
  find(call: ResourceCall, id: string): Promise<XmlElement | undefined>;
  /** Objects of the wished name, or of what else makes it unique. */
  candidates(call: ResourceCall, wish: PropertyMap): Promise<Candidate[]>;
  /** Makes the object; answers its id. */
  allocate(call: ResourceCall, wish: PropertyMap, template: Template): Promise<string>;
  update(call: ResourceCall, id: string, change: TemplateChange): Promise<void>;
  /** Of kinds that oned does not keep itself: what a property's `work.update` asks for. */
  patch(call: ResourceCall, id: string, change: PropertyMap, wish: PropertyMap): Promise<void>;
  remove(call: ResourceCall, id: string, last: { object: XmlElement; state: ResourceState }): Promise<void>;
}

/** Classes of states, so that passing ones (HOTPLUG after a change of context) are no end. */
export type StateClass = "ready" | "busy" | "failed";

export interface StateRule {
  /** For messages: oned's own word or number. */
  word(object: XmlElement): string;
  judge(object: XmlElement, wish: PropertyMap): StateClass;
  /** oned's own reason for a failure, if the object tells it. */
  reason?(object: XmlElement): string | undefined;
  /** Changes are taken only from a ready object, the first ones included. */
  first?: boolean;
  /** How long the state must stay ready: after an accepted action oned still shows the old one for a moment. */
  settleSeconds?: number;
  /** Unless the resource has a custom timeout. */
  seconds: number;
}

export interface Kind extends ResourceDefinition {
  /** Name in the SDKs: `Cluster`. */
  name: string;
  /** What people call it in messages: "cluster". */
  word: string;
  /** Middle part of its methods: `one.<calls>.info`. */
  api: string;
  /** Element of the object that holds the attributes; "." is the object itself. @default "TEMPLATE" */
  templateElement?: string;
  /**
   * When the marker is written: with `allocate`, or by an update right afterwards because `allocate` takes no template. `never`: the
   * candidates are by themselves the same object. `lost`: there is no place for a marker, so only what was not there before a lost
   * answer counts.
   */
  marked: "allocate" | "update" | "never" | "lost";
  /** oned refuses a second object of the name. */
  unique: boolean;
  /** Of an unmarked object: nobody has used it yet, so that an interrupted create may go on with it. */
  fresh?(object: XmlElement): boolean;
  /** Rules beyond types, of what is there; unknown values may be anywhere. */
  check?(inputs: PropertyMap): CheckFailure[];
  state?: StateRule;
  /** Of an object that `info` still answers for. */
  gone?(object: XmlElement): boolean;
  /** What to do when half the time for a deletion is over and the object is still there. */
  force?(call: ResourceCall, id: string): Promise<void>;
  /** What bears the properties stays when they are taken away: a user without its quotas. */
  lasting?: boolean;
  /** Seconds until a deleted object is gone. @default 60 */
  goneSeconds?: number;
  /** What to make of the id in the state. @default a number */
  idPattern?: RegExp;
  calls?: Partial<KindCalls>;
}
