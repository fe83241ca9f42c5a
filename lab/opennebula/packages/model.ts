// SPDX-License-Identifier: Apache-2.0

/** One file of a package. */
export interface PackageFile {
  /** Absolute path on the host. */
  path: string;
  content: string;
  /** 0o644 when left out. */
  mode?: number;
  /** A configuration file, which dpkg never overwrites once it was edited. */
  conffile?: boolean;
}

/** A stand-in package, complete enough to build it. */
export interface StandInPackage {
  name: string;
  depends: string[];
  recommends?: string[];
  summary: string;
  files: PackageFile[];
  /** Symbolic links: path to target. */
  links?: Record<string, string>;
  /** Bodies of maintainer scripts (POSIX sh). */
  postinst?: string;
  postrm?: string;
}

/** The programs that the packages carry, bundled. */
export interface Bundles {
  oned: string;
  services: string;
  cli: string;
  /** The network drivers' program on hosts. */
  vnm: string;
}

export type Series = "7.0" | "7.2" | "7.4";

export const SERIES: Series[] = ["7.0", "7.2", "7.4"];

/** The release that the stand-in packages of a series say they are. */
export const releaseOf = (series: Series): string => `${series}.0`;

/** Version of the packages: the real one with a suffix that says what they are. */
export const packageVersion = (series: Series): string => `${releaseOf(series)}-1+standin`;

/** The text that every unit, description and file carries. */
export const LABEL = "STAND-IN of the opennebula-scaleway lab, not OpenNebula";
