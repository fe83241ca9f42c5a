// SPDX-License-Identifier: Apache-2.0

/** Questions about objects that exist: `getCluster` and so on. */
import type { FunctionDefinition, OutputDefinition, Properties, ReferenceKind } from "./definition";
import { fromTemplate, templateOf } from "./framework/attributes";
import { findObject, listObjects, wordOf } from "./framework/calls";
import { asText } from "./framework/values";
import type { PropertyMap } from "./grpc/provider";
import type { ResourceCall } from "./resource";
import { idOutput } from "./resources/common";
import { token } from "./types";

export interface Question extends FunctionDefinition {
  kind: ReferenceKind;
  outputs: Record<string, OutputDefinition>;
}

const value = (description: string, element: string): OutputDefinition => ({
  type: "string",
  description,
  read: (object) => (object.value(element) === "" ? undefined : object.value(element)),
});

const OWNER: Properties = {
  ownerName: value("Name of its owner.", "UNAME"),
  groupName: value("Name of its group.", "GNAME"),
};

/** What can be asked for: the name in the SDKs, the kind, and what is answered beside id, name and attributes. */
const ASKED: [name: string, kind: ReferenceKind, outputs: Properties][] = [
  ["Cluster", "cluster", {}],
  ["Host", "host", { clusterName: value("Name of its cluster.", "CLUSTER") }],
  [
    "Datastore",
    "datastore",
    { ...OWNER, dsMad: value("Driver of images.", "DS_MAD"), tmMad: value("Driver of disks.", "TM_MAD") },
  ],
  ["Image", "image", { ...OWNER, datastoreName: value("Name of its datastore.", "DATASTORE") }],
  ["VmTemplate", "template", OWNER],
  [
    "VirtualNetwork",
    "vn",
    { ...OWNER, bridge: value("Bridge on the hosts.", "BRIDGE"), vlanId: value("VLAN or VXLAN number.", "VLAN_ID") },
  ],
  [
    "User",
    "user",
    {
      groupName: value("Name of the primary group.", "GNAME"),
      authDriver: value("How the user logs in.", "AUTH_DRIVER"),
    },
  ],
  ["Group", "group", {}],
  ["Zone", "zone", {}],
  [
    "MarketplaceApp",
    "marketapp",
    {
      ...OWNER,
      marketplaceName: value("Name of its marketplace.", "MARKETPLACE"),
      version: value("Version.", "VERSION"),
    },
  ],
];

/** Every function, by token. */
export const FUNCTIONS: Record<string, Question> = Object.fromEntries(
  ASKED.map(([name, kind, outputs]): [string, Question] => [
    token(`get${name}`),
    {
      kind,
      description: `A ${wordOf(kind)} that exists, by its name.`,
      inputs: {
        name: { type: "string", description: "Its name.", required: true },
        ...(Object.hasOwn(outputs, "ownerName")
          ? { owner: { type: "string", description: "Name of its owner, where several have one of this name." } }
          : {}),
      },
      outputs: {
        id: {
          type: "string",
          description: "oned's number, as ids of resources are.",
          required: true,
          read: (object) => object.value("ID"),
        },
        number: { ...idOutput("oned's number."), required: true },
        name: { type: "string", description: "Its name.", required: true, read: (object) => object.value("NAME") },
        ...outputs,
        attributes: { type: "template", description: "Attributes of its template.", required: true },
      },
    },
  ]),
);

/**
 * Asks oned.
 *
 * @throws Error if there is none or more than one of the name.
 */
export async function ask(call: ResourceCall, question: Question, args: PropertyMap): Promise<PropertyMap> {
  const { kind, outputs } = question;
  const { name, owner } = args;
  const members = await listObjects(call, kind);
  const found = members.filter(
    (one) => one.value("NAME") === name && (owner === undefined || one.value("UNAME") === owner),
  );
  const [first] = found;
  const what = `${wordOf(kind)} "${asText(name)}"`;
  if (first === undefined) throw new Error(`name: there is no ${what}, or you may not see it`);
  if (found.length > 1) {
    throw new Error(
      `name: there are ${found.length} of ${what} (id ${found.map((one) => one.value("ID")).join(", ")}); name the owner as well`,
    );
  }
  const object = (await findObject(call, kind, first.value("ID"))) ?? first;
  const values = fromTemplate(outputs, templateOf(object));
  for (const [key, { read }] of Object.entries(outputs)) {
    const answer = read?.(object);
    if (answer !== undefined) values[key] = answer;
  }
  return values;
}
