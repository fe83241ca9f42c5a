// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import * as path from "node:path";

import { parse } from "yaml";

import { checkMachine, cloudInitSeed } from "../../../lab/hosts/seed";
import type { MachineSpec } from "../../../lab/scaleway/machines";

const spec: MachineSpec = {
  id: "11111111-2222-4333-8444-555555555555",
  hostname: "fe",
  os: { name: "Debian", version: "12 (Bookworm)" },
  publicAddress: "203.0.113.10",
  publicPrefixLength: 24,
  publicGateway: "203.0.113.1",
  publicMac: "02:00:00:00:00:01",
  user: "debian",
  authorizedKeys: [],
  userData: "#cloud-config\nhostname: fe\n",
};

describe("cloud-init's data of a machine", () => {
  it("hands user data on as it is, and makes some where there is none", () => {
    expect(cloudInitSeed(spec)["user-data"]).toBe(spec.userData);
    expect(cloudInitSeed({ ...spec, userData: undefined })["user-data"]).toMatch(/^#cloud-config\n/);
  });

  it("names the public NIC by its MAC, with a static address and the gateway", () => {
    expect(parse(cloudInitSeed(spec)["network-config"])).toEqual({
      version: 1,
      config: [
        {
          type: "physical",
          name: "eno1",
          mac_address: "02:00:00:00:00:01",
          subnets: [
            { type: "static", address: "203.0.113.10/24", gateway: "203.0.113.1", dns_nameservers: ["203.0.113.1"] },
          ],
        },
      ],
    });
  });

  it("has the server's id as instance id, so that a reinstalled server is a new instance only if it is another", () => {
    expect(parse(cloudInitSeed(spec)["meta-data"])).toEqual({ "instance-id": spec.id, "local-hostname": "fe" });
  });
});

describe("a machine that cannot be made", () => {
  it("is refused with every reason at once", () => {
    const wrong: MachineSpec = {
      ...spec,
      id: "../x",
      hostname: "a b",
      os: { name: "Ubuntu", version: "24.04 LTS (Noble Numbat)" },
      publicAddress: "2001:db8::1",
      publicGateway: "gw",
      publicMac: "02:00",
      user: "x y",
    };
    expect(() => checkMachine(wrong)).toThrow(
      /id .*hostname .*publicAddress .*publicGateway .*publicMac .*user .*Debian 12/s,
    );
    expect(() => checkMachine(spec)).not.toThrow();
  });
});

describe("scripts of lab hosts", () => {
  const guest = path.join(__dirname, "../../../lab/hosts/guest");
  const scripts = readdirSync(guest).filter((name) => name.endsWith(".sh") || name === "lab-early");

  it.each(scripts)("%s passes shellcheck", (name) => {
    execFileSync("shellcheck", [path.join(guest, name)], { encoding: "utf8" });
  });

  it("are more than none", () => expect(scripts.length).toBeGreaterThan(3));
});
