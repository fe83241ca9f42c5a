// SPDX-License-Identifier: Apache-2.0

/** What a run says of a Grafana that cannot be installed: it comes from its vendor, whom not every network reaches. */
export enum GrafanaMode {
  /** The rest converges, then the run fails. */
  Required = "required",
  /** The run ends well and says that Grafana is not there. */
  Optional = "optional",
  /** Nobody wants it. */
  Off = "off",
}

/** Where Grafana's packages come from. */
export interface GrafanaRepository {
  url: string;
  keyUrl: string;
  /** 40 upper-case hexadecimal digits; checked where it is given. */
  keyFingerprint?: string;
}

/** The vendor's; the key's file is the one that also holds the signing key of December 2025 (grafana/grafana#116093). */
export const GRAFANA_REPOSITORY: GrafanaRepository = {
  url: "https://apt.grafana.com",
  keyUrl: "https://apt.grafana.com/gpg-full.key",
};
