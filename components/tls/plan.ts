// SPDX-License-Identifier: Apache-2.0
import { bindAddress, CertificateSource } from "../../catalogue";

export interface TlsPlanArgs {
  /** Name of the front-end host. */
  host: string;
  domain: string;
  managementAddress: string;
  /** @default CertificateSource.PrivateCa */
  mode?: CertificateSource;
  /** Public names of the cloud; the first is the one that people use. @default none: its public address */
  names?: string[];
}

/** The proxy with every name and address decided. */
export interface TlsPlan {
  host: string;
  mode: CertificateSource;
  /** The name that people use; undefined: the front-end's public address. */
  publicName?: string;
  /** Names and addresses that the certificate is for, beside the public address. */
  dnsNames: string[];
  ipAddresses: string[];
  bind: { oned: string; oneflow: string };
  upstream: { fireedge: string; oned: string; oneflow: string };
  /** Hours that a certificate of the private authority lasts. */
  validityHours: number;
  /** Hours before its end from which the next `up` makes a new one. */
  earlyRenewalHours: number;
  authorityHours: number;
}

const DAY = 24;
/** What browsers accept of a certificate at most is 398 days. */
const VALIDITY_DAYS = 397;
/** Whoever runs `up` once in two months never sees it end; the expiry metric tells the others. */
const EARLY_RENEWAL_DAYS = 60;
const AUTHORITY_DAYS = 3650;

/** Plans the proxy in front of what speaks plain HTTP. */
export function planTls(args: TlsPlanArgs): TlsPlan {
  const { host, domain, managementAddress, mode = CertificateSource.PrivateCa, names = [] } = args;
  const address = (name: Parameters<typeof bindAddress>[0]): string => bindAddress(name, managementAddress);
  return {
    host,
    mode,
    publicName: names[0],
    dnsNames: [...new Set([...names, `${host}.${domain}`, host])],
    ipAddresses: [managementAddress],
    bind: { oned: address("onedTls"), oneflow: address("oneflowTls") },
    upstream: { fireedge: address("fireedge"), oned: address("oned"), oneflow: address("oneflow") },
    validityHours: VALIDITY_DAYS * DAY,
    earlyRenewalHours: EARLY_RENEWAL_DAYS * DAY,
    authorityHours: AUTHORITY_DAYS * DAY,
  };
}
