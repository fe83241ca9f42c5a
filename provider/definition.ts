// SPDX-License-Identifier: Apache-2.0
import type { XmlElement } from "../opennebula";
import type { PropertyMap, PropertyValue } from "./grpc/provider";

/**
 * How a property is spelled in a program. `template` is a map of attributes in oned's own form: text, a map of texts, or a list of
 * either. `json` is any JSON.
 */
export type PropertyType =
  "string" | "integer" | "number" | "boolean" | "stringMap" | "template" | "json" | "object" | "list";

/** A closed set of values; `values` by the name that each has in the SDKs' enum. */
export interface EnumDefinition {
  name: string;
  description: string;
  values: Record<string, string>;
}

/** Kinds of objects that a property may point at. */
export type ReferenceKind =
  | "acl"
  | "backupjob"
  | "cluster"
  | "datastore"
  | "document"
  | "group"
  | "hook"
  | "host"
  | "image"
  | "marketapp"
  | "secgroup"
  | "template"
  | "user"
  | "vdc"
  | "vm"
  | "vmgroup"
  | "vn"
  | "vntemplate"
  | "vrouter"
  | "zone";

/**
 * One property: what `Check` demands of it, what the schema and the SDK classes say of it, and where it is in oned. The provider's
 * framework needs nothing else for a property that is an attribute of the object's template.
 */
export interface PropertyDefinition {
  type: PropertyType;
  /** One or more sentences; becomes the documentation in every language. */
  description: string;
  required?: boolean;
  secret?: boolean;
  default?: string | number | boolean;
  enum?: EnumDefinition;
  rule?: { pattern: RegExp; text: string };
  /** Why no asset is taken where somebody may expect it. */
  noAsset?: string;
  minimum?: number;
  maximum?: number;
  /** Fields of an `object`; `typeName` is its name in the SDKs. */
  fields?: Properties;
  typeName?: string;
  /** Members of a `list`. */
  items?: PropertyDefinition;
  /** The field that tells the members of a list of objects apart; their order then means nothing. */
  key?: string;
  /** The order of a list means nothing. */
  unordered?: boolean;
  /** The object is replaced when this changes. */
  immutable?: boolean;
  /** Name or id of an object of this kind. The text is resolved to the id before oned sees it. */
  reference?: ReferenceKind;
  /** The output that holds the id of a reference, so that a name and its id are no difference. */
  idOutput?: string;
  /** The output that holds its name. */
  nameOutput?: string;
  /** Left out of the program: whatever oned has is right, also where the program set it before. */
  sticky?: boolean;
  /** oned changes the case of the text. */
  caseless?: boolean;
  /** The form in which texts are compared where oned spells them in its own way. */
  canonical?: (text: string) => string;
  /** What the program says anew is a difference, although oned's value counts as the same. */
  retold?: boolean;
  /** Texts with a `$` are replaced by oned, so what became of them is no difference. */
  substituted?: boolean;
  /** Members of a list that the program does not name are left alone. */
  partial?: boolean;
  /** Word that stands for all objects of the reference's kind, as -10 in oned. */
  all?: string;
  /** oned never tells it: what the program last set is taken for granted. */
  unreadable?: boolean;
  /** `allocate` takes it, although it is no attribute. */
  allocated?: boolean;
  /** oned does not tell all fields of it: those that it leaves out are taken for granted. */
  lenient?: boolean;
  /** Name of the attribute, at the level of the template or of the vector that the property belongs to. */
  attribute?: string;
  /** How a list or a boolean is written. @default lists as one text with commas, booleans as YES and NO */
  form?: "blanks" | "repeated" | "bit";
  /** Where it is not an attribute: how it is read off the object that oned answers with. */
  read?: (object: XmlElement) => PropertyValue | undefined;
  /** The call that changes it where `update` of the template does not. */
  apply?: Apply;
  /** Of what keeps the object from being changed: opens it for the program's own changes and for its deletion. It is set last. */
  unseal?: (work: Pick<ObjectWork, "id" | "call">) => Promise<void>;
}

export type Properties = Record<string, PropertyDefinition>;

/** Makes one property as wanted, by the live call that oned has for it. */
export type Apply = (work: ObjectWork, change: PropertyChange) => Promise<void>;

/** What calls about one object need. */
export interface ObjectWork {
  id: string;
  /** The object as it was read at the beginning of the create or update. */
  object: XmlElement;
  /** Everything that is wished of the object, with references resolved. */
  wish: PropertyMap;
  /** What the program set before; undefined while the object is being created. */
  before: PropertyMap | undefined;
  /** A call of oned's API that may be repeated. */
  call(method: string, parameters: readonly (string | number | boolean)[]): Promise<string | number>;
  /** As {@link call}, for calls whose second time is not harmless. */
  once(method: string, parameters: readonly (string | number | boolean)[]): Promise<string | number>;
  /** A change through the kind's own interface, where that is not oned's. */
  update(change: PropertyMap): Promise<void>;
  /** Reads the object again. */
  again(): Promise<XmlElement>;
  /** Everything in a pool. */
  list(kind: ReferenceKind): Promise<XmlElement[]>;
  /** Looks until the object is so; an error with the words of `what` when the time is over. */
  until(what: string, is: (object: XmlElement) => boolean): Promise<XmlElement>;
}

export interface PropertyChange {
  name: string;
  wanted: PropertyValue | undefined;
  actual: PropertyValue | undefined;
}

/** What only oned tells. */
export interface OutputDefinition extends PropertyDefinition {
  /** Inputs whose change makes it unknown in a preview. */
  follows?: string[];
}

export interface ResourceDefinition {
  description: string;
  inputs: Properties;
  /** What exists only after creation; every input is an output as well. */
  outputs: Record<string, OutputDefinition>;
  /** Free attributes that no program may set, and why. */
  reserved?: Record<string, string>;
  /** What `pulumi import` takes, e.g. "the number that `onehost list` shows". */
  importId: string;
}

/** A question about an object that exists: `getCluster` and so on. */
export interface FunctionDefinition {
  description: string;
  inputs: Properties;
  outputs: Properties;
}

/** The provider's configuration. */
export const CONFIGURATION: Properties = {
  endpoint: {
    type: "string",
    description: "oned's XML-RPC address, as the SSH hop sees it if there is one.",
    default: "http://127.0.0.1:2633/RPC2",
  },
  flowEndpoint: {
    type: "string",
    description: "OneFlow's address, as the SSH hop sees it if there is one.",
    default: "http://127.0.0.1:2474",
  },
  username: { type: "string", description: "OpenNebula user.", default: "oneadmin" },
  password: { type: "string", description: "Password or login token of the user.", required: true, secret: true },
  ssh: {
    type: "object",
    typeName: "Ssh",
    description: "SSH server through which oned is reached; its port need not be public.",
    fields: {
      host: { type: "string", description: "Name or address.", required: true },
      port: { type: "integer", description: "TCP port.", default: 22 },
      user: { type: "string", description: "Login user.", required: true },
      privateKey: {
        type: "string",
        description: "Private key in OpenSSH or PEM form, without a passphrase.",
        required: true,
        secret: true,
      },
      hostKey: {
        type: "string",
        description: "The server's public key, one a line while keys are being changed. Nothing else is accepted.",
        required: true,
      },
    },
  },
};
