// SPDX-License-Identifier: Apache-2.0
import { inNamespace } from "../../../lab/hosts/layout";
import { run } from "../../../lab/hosts/run";

/** One way that a program may try. */
export interface Try {
  address: string;
  protocol: "tcp" | "udp";
  port: number;
}

/** `open`, `closed`: it went there and back, and somebody listens or nobody does. `forbidden`: this host's own firewall says no. */
export type Passage = "open" | "closed" | "forbidden" | "silence";

const KNOCK = `
import errno, json, socket, sys
said = []
for one in json.load(sys.stdin):
    stream = one["protocol"] == "tcp"
    knock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    knock.settimeout(5)
    try:
        knock.connect((one["address"], one["port"]))
        if not stream:
            knock.send(b"x")
        said.append("open")
    except ConnectionRefusedError:
        said.append("closed")
    except TimeoutError:
        said.append("silence")
    except OSError as error:
        if error.errno not in (errno.EHOSTUNREACH, errno.EPERM, errno.EACCES):
            raise
        said.append("forbidden")
    knock.close()
print(json.dumps(said))
`;

/** What becomes of connections from a host; a datagram that leaves counts as open. */
export async function passages(namespace: string, tries: Try[]): Promise<Passage[]> {
  const argv = ["python3", "-I", "-c", KNOCK];
  return JSON.parse(
    await run(inNamespace(namespace, argv), { input: JSON.stringify(tries), timeoutSeconds: 120 }),
  ) as Passage[];
}

interface Nft {
  nftables: {
    rule?: { comment?: string; expr: Record<string, unknown>[] };
    set?: { elem?: Element[] };
  }[];
}
type Concatenation = { concat: [string, string, number] };
type Element = Concatenation | { elem: { val: Concatenation } };

async function listed(namespace: string, ...what: string[]): Promise<Nft> {
  return JSON.parse(await run(inNamespace(namespace, ["nft", "-j", "list", ...what]))) as Nft;
}

/** Packets that each rule of a chain has let through, by protocol, port and the service that its comment names. */
export async function counted(namespace: string, chain: string): Promise<Record<string, number>> {
  const { nftables } = await listed(namespace, "chain", "inet", "opennebula_scaleway", chain);
  const counts: Record<string, number> = {};
  for (const { rule } of nftables) {
    if (rule?.comment === undefined) continue;
    const match = rule.expr.find((one) => "match" in one)?.match as
      { left: { payload: { protocol: string } } } | undefined;
    const counter = rule.expr.find((one) => "counter" in one)?.counter as { packets: number } | undefined;
    if (match && counter) counts[`${match.left.payload.protocol} ${rule.comment}`] = counter.packets;
  }
  return counts;
}

/** Where a host's firewall lets it go, IPv4. */
export async function waysOut(namespace: string): Promise<Try[]> {
  const sets = await Promise.all(
    ["fixed4", "destinations4"].map((name) => listed(namespace, "set", "inet", "opennebula_scaleway", name)),
  );
  return sets.flatMap(({ nftables }) =>
    nftables.flatMap(({ set }) =>
      (set?.elem ?? []).map((one) => {
        const [address, protocol, port] = ("elem" in one ? one.elem.val : one).concat;
        return { address, protocol: protocol as Try["protocol"], port };
      }),
    ),
  );
}
