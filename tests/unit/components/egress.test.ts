// SPDX-License-Identifier: Apache-2.0
import { Destination } from "../../../catalogue";
import { configuredDestinations, endpointOf } from "../../../components/egress";

const cloud = { zone: "fr-par-2", projectId: "p", admin: { networks: ["192.0.2.0/25"] }, hosts: {} };

test("a URL's port is the one it names, else its scheme's", () => {
  expect(endpointOf("http://203.0.113.1:3142")).toEqual({ host: "203.0.113.1", port: 3142 });
  expect(endpointOf("https://downloads.example/repo")).toEqual({ host: "downloads.example", port: 443 });
  expect(endpointOf("https://[2001:db8::1]/")).toEqual({ host: "2001:db8::1", port: 443 });
  expect(() => endpointOf("ftp://mirror.example/")).toThrow("ftp: URLs must name their port");
});

test("destinations come from the stack file's URLs, and Scaleway's API only where it is used", () => {
  const defaults = configuredDestinations(cloud);
  expect(defaults[Destination.OpenNebulaRepository][0]).toEqual({ host: "downloads.opennebula.io", port: 443 });
  expect(defaults[Destination.ScalewayApi]).toEqual([]);
  expect(defaults[Destination.Packages]).toEqual([]);
  const named = configuredDestinations({
    ...cloud,
    packageProxy: "http://192.0.2.9:3142",
    timeServers: ["ntp.example"],
    networks: { flexibleIps: { vm01: {} }, nameservers: ["192.0.2.53"] },
  });
  expect(named).toMatchObject({
    packages: [{ host: "192.0.2.9", port: 3142 }],
    timeServers: [{ host: "ntp.example", port: 123 }],
    resolvers: [{ host: "192.0.2.53", port: 53 }],
    scalewayApi: [{ host: "api.scaleway.com", port: 443 }],
  });
});
