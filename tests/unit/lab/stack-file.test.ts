// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

import { parse } from "yaml";

import { addHost, removeHost, setInCloud, stackHosts } from "../../../lab/stack-file";

const original = `# The lab's cloud.
encryptionsalt: v1:abc=
config:
  opennebula-scaleway:cloud:
    zone: fr-par-2 # not far
    hosts:
      fe:
        roles: [frontend, hypervisor]
        managementAddress: 10.16.0.10
      host01:
        roles: [hypervisor]
        managementAddress: 10.16.0.11
    networks:
      management:
        cidr: 10.16.0.0/20
`;

describe("the lab's stack file", () => {
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "stack-"));
    file = path.join(directory, "Pulumi.lab.yaml");
    writeFileSync(file, original);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("gets a host with the next address, and keeps comments and order", () => {
    expect(addHost(file, "host02")).toEqual({ roles: ["hypervisor"], managementAddress: "10.16.0.12" });
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^# The lab's cloud\.\nencryptionsalt: v1:abc=\n/);
    expect(text).toContain("zone: fr-par-2 # not far");
    expect(Object.keys(stackHosts(file))).toEqual(["fe", "host01", "host02"]);
  });

  it("is the same again once the host is removed", () => {
    addHost(file, "host02");
    removeHost(file, "host02");
    expect(stackHosts(file)).toEqual({
      fe: { roles: ["frontend", "hypervisor"], managementAddress: "10.16.0.10" },
      host01: { roles: ["hypervisor"], managementAddress: "10.16.0.11" },
    });
  });

  it.each([
    ["a name that is taken", "host01", /"host01" exists already/],
    ["a name that no host may have", "Host_02", /host name "Host_02" is refused/],
    ["a name that ends with a dash", "host-", /is refused/],
  ])("refuses %s", (_, name, reason) => {
    expect(() => addHost(file, name)).toThrow(reason);
    expect(readFileSync(file, "utf8")).toBe(original);
  });

  it("refuses a host when the network is full", () => {
    writeFileSync(file, original.replace("10.16.0.0/20", "10.16.0.8/30"));
    expect(() => addHost(file, "host02")).toThrow(/10\.16\.0\.8\/30 has no free address/);
  });

  it("steps over the end of an octet", () => {
    writeFileSync(file, original.replace("10.16.0.11", "10.16.0.255"));
    expect(addHost(file, "host02").managementAddress).toBe("10.16.1.0");
  });

  it.each([
    ["a host that is not there", "host09", /there is no host "host09"; hosts: fe, host01/],
    ["the front-end", "fe", /"fe" is the front-end/],
  ])("does not remove %s", (_, name, reason) => {
    expect(() => removeHost(file, name)).toThrow(reason);
    expect(readFileSync(file, "utf8")).toBe(original);
  });

  it("sets a value and takes it out again, and keeps the comments", () => {
    setInCloud(file, ["monitoring", "timeScale"], 1);
    expect(readFileSync(file, "utf8")).toContain("    monitoring:\n      timeScale: 1\n");
    setInCloud(file, ["monitoring"], undefined);
    const after = readFileSync(file, "utf8");
    expect(parse(after)).toEqual(parse(original));
    expect(after).toContain("zone: fr-par-2 # not far");
  });

  it("says where it is broken", () => {
    writeFileSync(file, "config: [");
    expect(() => stackHosts(file)).toThrow(file);
  });
});
