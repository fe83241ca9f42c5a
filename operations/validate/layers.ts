// SPDX-License-Identifier: Apache-2.0
import { services, type Service } from "../../catalogue";

/** Services of the catalogue that a layer brings, by name; none where this version of the product has no such layer. */
export function servicesOwnedBy(owner: string): [string, Service][] {
  return (Object.entries(services) as [string, Service][]).filter(([, service]) => service.owner === owner);
}
