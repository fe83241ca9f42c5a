// SPDX-License-Identifier: Apache-2.0
import {
  Bind,
  egress,
  hostDevices,
  HostRole,
  ServiceHost,
  services,
  TrustZone,
  type Egress,
  type Owner,
  type Service,
} from "../catalogue";
import { plannedLayers, planCloud, type CloudPlan } from "../components/cloud-plan";
import { parseCloud, type Cloud } from "../config/cloud";

/** Ids are for addresses in diagrams only; nothing is called with this one. */
const NO_PROJECT = "00000000-0000-4000-8000-000000000000";

/**
 * The page of diagrams, from the same plan that a deployment follows.
 *
 * @param config - the value of `opennebula-scaleway:cloud` in a stack file.
 * @param stack - its name, for the reader.
 */
export function renderArchitectureDoc(config: unknown, stack: string): string {
  const cloud = parseCloud(config, NO_PROJECT);
  const plan = planCloud(cloud);
  return `${[
    "# Diagrams",
    "",
    `Generated from the plan of \`Pulumi.${stack}.yaml\` and \`catalogue/\` by \`npm run generate\`; do not edit.`,
    "",
    ...section(
      "Network topology",
      "Which network carries what, and where each host stands in it.",
      topology(cloud, plan),
    ),
    ...section(
      "Component interaction",
      "Layers of each host in the order in which they are applied, and what the program speaks with.",
      interaction(plan),
    ),
    ...section(
      "Data flow",
      "Who may open a connection to what. Services on loopback are left out: nobody but their host reaches them.",
      dataFlow(),
    ),
    ...section("Ways out", "What hosts reach outside; the firewall lets nothing else out.", waysOut()),
    ...backups(),
  ].join("\n")}`;
}

function section(title: string, about: string, diagram: string[]): string[] {
  return [`## ${title}`, "", about, "", "```mermaid", ...diagram, "```", ""];
}

/** A name that Mermaid takes as an identifier. */
export function nodeId(...parts: string[]): string {
  return parts.join("_").replace(/[^A-Za-z0-9_]/g, "_");
}

function label(text: string): string {
  return `"${text.replaceAll('"', "'")}"`;
}

function topology(cloud: Cloud, plan: CloudPlan): string[] {
  const { management, vms, vxlan, flexibleIps } = cloud.networks;
  const hosts = Object.entries(cloud.hosts).flatMap(([host, { roles, managementAddress, vmAddress }]) => [
    `  subgraph ${nodeId("host", host)} [${label(`${host} (${roles.join(", ")})`)}]`,
    `    ${nodeId(host, "public")}[${label(hostDevices.publicBridge)}]`,
    `    ${nodeId(host, "management")}[${label(`${hostDevices.management} ${managementAddress}`)}]`,
    `    ${nodeId(host, "vms")}[${label(`${hostDevices.vms} ${vmAddress}`)}]`,
    "  end",
    `  internet --- ${nodeId(host, "public")}`,
    `  management --- ${nodeId(host, "management")}`,
    `  vms --- ${nodeId(host, "vms")}`,
  ]);
  const names = Object.keys(flexibleIps);
  const hypervisors = Object.keys(plan.hypervisors);
  return [
    "flowchart LR",
    "  internet((Internet))",
    `  management{{${label(`management ${management.cidr}, MTU ${management.mtu}`)}}}`,
    `  vms{{${label(`VM-to-VM ${vms.cidr}, MTU ${vms.mtu}`)}}}`,
    ...hosts,
    ...Object.entries(vxlan).flatMap(([name, { cidr }]) => [
      `  ${nodeId("vxlan", name)}([${label(`VXLAN ${name} ${cidr}`)}])`,
      ...hypervisors.map((host) => `  ${nodeId(host, "vms")} -.- ${nodeId("vxlan", name)}`),
    ]),
    ...(names.length === 0 ? [] : [`  flexible([${label(`flexible IPs of VMs: ${names.join(", ")}`)}])`]),
    ...(names.length === 0 ? [] : hypervisors.map((host) => `  ${nodeId(host, "public")} -.- flexible`)),
  ];
}

function interaction(plan: CloudPlan): string[] {
  const layers = plannedLayers(plan);
  const hosts = [...new Set(layers.map(({ host }) => host))];
  const chains = hosts.flatMap((host) => {
    const own = layers.filter((layer) => layer.host === host).map(({ layer }) => layer);
    const ids = own.map((layer) => nodeId(host, layer));
    return [
      `  subgraph ${nodeId("host", host)} [${label(host)}]`,
      ...own.map((layer, index) => `    ${ids[index]}[${label(layer)}]`),
      ...(ids.length > 1 ? [`    ${ids.join(" --> ")}`] : []),
      "  end",
      `  program -- SSH, one command a layer --> ${ids[0]}`,
    ];
  });
  return [
    "flowchart LR",
    "  stack[[Pulumi.yaml]] --> program[stack program]",
    "  program -- servers, networks, addresses --> scaleway[(Scaleway)]",
    ...chains,
    `  program -- objects, through an SSH channel --> oned[(oned)]`,
    `  ${nodeId(plan.frontend.host, "frontend")} --- oned`,
    ...(plan.flexibleIps ? [`  ${nodeId(plan.frontend.host, "host-list")} -- addresses follow VMs --> scaleway`] : []),
  ];
}

const HOST_NAMES: Record<ServiceHost, string> = {
  [ServiceHost.Every]: "every host",
  [ServiceHost.Frontend]: HostRole.Frontend,
  [ServiceHost.Hypervisor]: HostRole.Hypervisor,
};

function dataFlow(): string[] {
  const open = Object.entries<Service>(services).filter(
    ([, { bind, from }]) => bind !== Bind.Loopback && from.length > 0,
  );
  const groups = Object.values(ServiceHost).flatMap((kind) => {
    const own = open.filter(([, { hosts }]) => hosts === kind);
    if (own.length === 0) return [];
    const nodes = own.map(([name, { port, lastPort, protocols }]) => {
      const ports = lastPort === undefined ? `${port}` : `${port}-${lastPort}`;
      return `    ${nodeId("service", name)}[${label(`${name} ${protocols.join("+")} ${ports}`)}]`;
    });
    return [`  subgraph ${nodeId("on", kind)} [${label(HOST_NAMES[kind])}]`, ...nodes, "  end"];
  });
  const zones = Object.values(TrustZone).filter((zone) => open.some(([, { from }]) => from.includes(zone)));
  return [
    "flowchart LR",
    ...zones.map((zone) => `  ${nodeId("zone", zone)}([${label(`zone ${zone}`)}])`),
    ...groups,
    ...open.flatMap(([name, { from }]) =>
      from.map((zone) => `  ${nodeId("zone", zone)} --> ${nodeId("service", name)}`),
    ),
  ];
}

function waysOut(owner?: Owner): string[] {
  const all = Object.entries<Egress>(egress).filter(([, entry]) => owner === undefined || entry.owner === owner);
  const kinds = [...new Set(all.map(([, { hosts }]) => hosts))];
  return [
    "flowchart LR",
    ...kinds.map((kind) => `  ${nodeId("from", kind)}[${label(HOST_NAMES[kind])}]`),
    ...all.map(([name, { about }]) => `  ${nodeId("to", name)}([${label(`${name}: ${about}`)}])`),
    ...all.map(([name, { hosts, protocols }]) => {
      return `  ${nodeId("from", hosts)} -- ${protocols.join("+")} --> ${nodeId("to", name)}`;
    }),
  ];
}

/** What the backup layer runs and reaches; nothing where this version has none. */
function backups(): string[] {
  const own = Object.entries<Service>(services).filter(([, { owner }]) => owner === "backup");
  const out = Object.values<Egress>(egress).filter(({ owner }) => owner === "backup");
  if (own.length === 0 && out.length === 0) return [];
  const listed = own.map(
    ([name, { hosts, about }]) => `  ${nodeId("service", name)}[${label(`${name} on ${HOST_NAMES[hosts]}: ${about}`)}]`,
  );
  return section("Backups", "What makes backups, and where they go.", [...waysOut("backup"), ...listed]);
}
