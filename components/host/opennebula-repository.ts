// SPDX-License-Identifier: Apache-2.0
import { operatingSystems, type OperatingSystem } from "../../catalogue";
import type { AptRepository } from "./state";

/** Where OpenNebula's packages come from. */
export interface OpenNebulaRepository {
  /** What stands before `/<version>/<distribution>/<release>`. */
  url: string;
  keyUrl: string;
  /** Fingerprint of the key, 40 upper-case hexadecimal digits; checked where it is given. */
  keyFingerprint?: string;
}

/** The vendor's community repository; its layout and key as documented for OpenNebula 7. */
export const VENDOR_REPOSITORY: OpenNebulaRepository = {
  url: "https://downloads.opennebula.io/repo",
  keyUrl: "https://downloads.opennebula.io/repo/repo2.key",
};

/** The apt source for one OpenNebula series (`7.0`, `7.2`, `7.4`) on one operating system. */
export function openNebulaRepository(
  version: string,
  os: OperatingSystem,
  from: OpenNebulaRepository = VENDOR_REPOSITORY,
): AptRepository {
  const { distribution, release } = operatingSystems[os];
  return {
    uri: `${from.url}/${version}/${distribution}/${release}`,
    suites: ["stable"],
    components: ["opennebula"],
    key: { url: from.keyUrl, fingerprint: from.keyFingerprint },
  };
}
