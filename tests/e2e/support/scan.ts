// SPDX-License-Identifier: Apache-2.0
import { XMLParser } from "fast-xml-parser";
import { services, servicesOf, type HostRole, type Service, Bind, type TrustZone } from "../../../catalogue";
import { inNamespace } from "../../../lab/hosts/layout";
import { run } from "../../../lab/hosts/run";
import { seeded } from "../../helpers/e2e";

/** From where and to what a scan goes. */
export interface Scan {
  /** Network namespace of the scanner. */
  from: string;
  target: string;
  /** Source address, where the namespace has several. */
  source?: string;
  /** As nmap takes them. */
  ports: string;
}

interface NmapPort {
  portid: number;
  state: { state: string };
}

interface NmapExtra {
  state: string;
  extrareasons: { ports: string } | { ports: string }[];
}

/** TCP ports that answer in any way, open or closed: those that a firewall lets through. Asked with Debian's nmap. */
export async function reachablePorts({ from, target, source, ports }: Scan): Promise<number[]> {
  const family = target.includes(":") ? ["-6"] : [];
  const speed = ["-T4", "--min-rate", "6000", "--max-retries", "2", "--max-rtt-timeout", "300ms"];
  const origin = source === undefined ? [] : ["-S", source, "-e", await deviceTowards(from, target)];
  const words = ["nmap", "-sS", "-Pn", "-n", ...family, ...speed, ...origin, "-p", ports, "-oX", "-", target];
  const xml = await run(inNamespace(from, words), { timeoutSeconds: 240 });
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "", parseAttributeValue: true });
  const found = (parser.parse(xml) as { nmaprun: { host?: { ports: { port?: unknown; extraports?: unknown } } } })
    .nmaprun;
  if (found.host === undefined) throw new Error(`nmap saw no host ${target} from ${from}:\n${xml}`);
  const single = list(found.host.ports.port as NmapPort | NmapPort[] | undefined)
    .filter(({ state }) => !state.state.includes("filtered"))
    .map(({ portid }) => portid);
  const grouped = list(found.host.ports.extraports as NmapExtra | NmapExtra[] | undefined)
    .filter(({ state }) => !state.includes("filtered"))
    .flatMap(({ extrareasons }) => list(extrareasons).flatMap(({ ports: text }) => expand(String(text))));
  return [...single, ...grouped].sort((a, b) => a - b);
}

async function deviceTowards(namespace: string, target: string): Promise<string> {
  return (/ dev (\S+)/.exec(await run(inNamespace(namespace, ["ip", "route", "get", target]))) ?? [])[1] ?? "";
}

function list<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** `22,49152-49154` as single numbers. */
function expand(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Sends one byte to each of the ports, twice: a datagram may be lost on the way. */
const SEND = `
import ipaddress, socket, sys, time
target, source, text = sys.argv[1:4]
sender = socket.socket(socket.AF_INET6 if ipaddress.ip_address(target).version == 6 else socket.AF_INET, socket.SOCK_DGRAM)
if source:
    sender.bind((source, 0))
for _ in range(2):
    count = 0
    for part in text.split(","):
        first, _, last = part.partition("-")
        for port in range(int(first), int(last or first) + 1):
            sender.sendto(b"x", (target, port))
            count += 1
            if count % 250 == 0:
                time.sleep(0.002)
`;

/** With or without the time that it has left. */
type SeenPort = number | { elem: { val: number } };

const WITNESS = "inet scan_witness";

/**
 * UDP ports whose datagrams a host's firewall lets through. A silent port and a closed one look the same from outside, and answers of
 * closed ones are limited in number; so a second table, whose turn comes after every filter, notes what has come so far.
 *
 * @param into - network namespace of the host.
 * @param origin - address as which the host sees the scanner.
 */
export async function deliveredPorts(
  { from, target, source, ports }: Scan,
  { into, origin }: { into: string; origin: string },
): Promise<number[]> {
  const family = origin.includes(":") ? "ip6" : "ip";
  const rules = [
    `table ${WITNESS}`,
    `delete table ${WITNESS}`,
    `table ${WITNESS} {`,
    "  set seen { type inet_service; size 65535; flags dynamic; }",
    "  chain input {",
    "    type filter hook input priority 200; policy accept;",
    `    ${family} saddr ${origin} udp dport 1-65535 add @seen { udp dport }`,
    "  }",
    "}",
  ];
  await run(inNamespace(into, ["nft", "-f", "-"]), { input: `${rules.join("\n")}\n` });
  try {
    const sender = ["python3", "-I", "-c", SEND, target, source ?? "", ports];
    await run(inNamespace(from, sender), { timeoutSeconds: 240 });
    const listed = await run(inNamespace(into, ["nft", "-j", "list", "set", ...WITNESS.split(" "), "seen"]));
    const { nftables } = JSON.parse(listed) as { nftables: { set?: { elem?: SeenPort[] } }[] };
    const seen = nftables.flatMap((one) => one.set?.elem ?? []);
    return seen.map((one) => (typeof one === "number" ? one : one.elem.val)).sort((a, b) => a - b);
  } finally {
    await run(inNamespace(into, ["nft", "delete", "table", ...WITNESS.split(" ")]));
  }
}

/** Ports that the catalogue opens to any of these zones on a host with these roles. */
export function cataloguePorts(roles: HostRole[], zones: TrustZone[], protocol: "tcp" | "udp" = "tcp"): number[] {
  const open = Object.values(servicesOf(roles)).filter(
    ({ bind, from, protocols }) =>
      bind !== Bind.Loopback && protocols.includes(protocol) && zones.some((zone) => from.includes(zone)),
  );
  const ports = open.flatMap(({ port, lastPort }) => expand(`${port}-${lastPort ?? port}`));
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Every port of the catalogue, its long ranges by their ends, and 1,000 others that a seed chooses. */
export function sampledPorts(seed: number): string {
  const known = Object.values<Service>(services).flatMap(({ port, lastPort }) =>
    lastPort === undefined ? [port] : lastPort - port > 1000 ? [port, lastPort] : expand(`${port}-${lastPort}`),
  );
  const random = seeded(seed);
  const others = Array.from({ length: 1000 }, () => 1 + Math.floor(random() * 65_535));
  return [...new Set([...known, ...others])].sort((a, b) => a - b).join(",");
}

export const EVERY_PORT = "1-65535";
