// SPDX-License-Identifier: Apache-2.0

/** The layers, by the names under which hosts know them: who installs a service or must reach a destination. */
export type Owner =
  | "baremetal"
  | "frontend"
  | "hypervisor"
  | "flexible-ip"
  | "tls"
  | "monitoring"
  | "grafana"
  | "logs"
  | "backup"
  | "security"
  | "validate";
