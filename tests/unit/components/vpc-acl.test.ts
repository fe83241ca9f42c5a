// SPDX-License-Identifier: Apache-2.0
import { Bind, services, TrustZone, type Service } from "../../../catalogue";
import { planCloud } from "../../../components/cloud-plan";
import { vpcAcl, type AclRule } from "../../../components/network";
import { policies } from "../../../policies/policies";
import { violations } from "../../helpers/policy";

const managementCidr = "10.16.0.0/20";
const vpn = "10.99.0.0/24";
const accepted = (rules: AclRule[]): AclRule[] => rules.filter(({ action }) => action === "accept");

test("without people behind a VPN nothing is routed between private networks, by neither family", () => {
  const { defaultPolicy, v4, v6 } = vpcAcl({ managementCidr });
  expect([defaultPolicy, accepted(v4), accepted(v6)]).toEqual(["drop", [], []]);
  expect([...v4, ...v6].map(({ protocol, source, action }) => [protocol, source, action])).toEqual([
    ["ANY", "0.0.0.0/0", "drop"],
    ["ANY", "::/0", "drop"],
  ]);
});

test("a VPN reaches what the catalogue opens to it, and gets the answers, whatever else there is", () => {
  const { v4, v6 } = vpcAcl({ managementCidr, vpnNetworks: [vpn, "2001:db8::/64"] });
  const calls = accepted(v4).filter(({ source, protocol }) => source === vpn && protocol !== "ICMP");
  const expected = Object.entries<Service>(services)
    .filter(([, { from, bind }]) => from.includes(TrustZone.Vpn) && bind !== Bind.Loopback)
    .flatMap(([name, { protocols, port }]) => protocols.map((protocol) => `${protocol} ${port} ${name}`));
  expect(expected.length).toBeGreaterThan(1);
  expect(calls.map((rule) => `${rule.protocol.toLowerCase()} ${rule.dstPortLow} ${rule.description}`).sort()).toEqual(
    expected.sort(),
  );
  for (const call of calls)
    expect(v4).toContainEqual({
      ...call,
      ...{ source: managementCidr, destination: vpn, description: `answers: ${call.description}` },
      ...{ srcPortLow: call.dstPortLow, srcPortHigh: call.dstPortHigh, dstPortLow: 0, dstPortHigh: 0 },
    });
  expect(v4.at(-1)!.action).toBe("drop");
  expect(accepted(v6)).toEqual([]);
});

test("no rule of it is wider than a service's zone in the policy's eyes", async () => {
  const policy = policies.find(({ name }) => name === "no-service-wider-than-its-zone")!;
  const { v4: rules } = vpcAcl({ managementCidr, vpnNetworks: [vpn] });
  expect(await violations(policy, { type: "scaleway:network/acl:Acl", props: { rules } })).toEqual([]);
});

test("the list goes with the firewall of the stack file", () => {
  const host = { roles: ["frontend"], managementAddress: "10.16.0.10" };
  const plan = (firewall: object) =>
    planCloud({
      ...{ zone: "fr-par-2", projectId: "p", hosts: { fe: host } },
      ...{ admin: { networks: ["192.0.2.0/25"] }, networks: { management: { cidr: managementCidr } } },
      security: { firewall },
    } as unknown as Parameters<typeof planCloud>[0]).network.acl;
  expect(accepted(plan({ vpnNetworks: [vpn] }).v4).length).toBeGreaterThan(4);
  expect(plan({ enabled: false })).toEqual({ defaultPolicy: "accept", v4: [], v6: [] });
});
