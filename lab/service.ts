// SPDX-License-Identifier: Apache-2.0
// service.ts packages|fabric ROOT LAB   what hosts reach at the fabric's address; started by lab/hosts/services.ts
import { runFabric, runPackageCache, serviceMain } from "./hosts/services";

if (process.argv[2] === "packages") serviceMain("packages", runPackageCache);
else serviceMain("fabric", runFabric);
