import * as pulumi from "@pulumi/pulumi";
import { HostRole, OpenNebulaCloud } from "opennebula-scaleway";

const cloud = new OpenNebulaCloud("demo", {
  zone: "fr-par-2",
  projectId: new pulumi.Config("scaleway").require("projectId"),
  admin: { networks: ["192.0.2.0/25"] },
  hosts: {
    fe: { roles: [HostRole.Frontend, HostRole.Hypervisor], managementAddress: "10.16.0.10" },
    host01: { roles: [HostRole.Hypervisor], managementAddress: "10.16.0.11" },
  },
});

export const frontend = cloud.hosts.fe!.publicAddress;
export const password = cloud.frontend.password;
