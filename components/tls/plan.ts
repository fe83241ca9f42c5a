// SPDX-License-Identifier: Apache-2.0
import { AcmeChallenge, bindAddress, CertificateSource, cloudDefaults, LETS_ENCRYPT } from "../../catalogue";

/** An ACME authority, and how it sees whose the names are. */
export interface AcmeArgs {
  /** Its directory. @default Let's Encrypt's */
  directory?: string;
  /** Whom it writes to. @default nobody */
  email?: string;
  /** @default AcmeChallenge.Http01 */
  challenge?: AcmeChallenge;
  /** For DNS-01: the zone at Scaleway that holds every name. */
  dnsZone?: string;
  /** For DNS-01: seconds that a record may take to reach every name server. @default 30 */
  dnsWaitSeconds?: number;
  /** Root certificate of the directory's own server, PEM. @default those that the system trusts */
  authority?: string;
}

export interface TlsPlanArgs {
  /** Name of the front-end host. */
  host: string;
  domain: string;
  managementAddress: string;
  /** @default CertificateSource.PrivateCa */
  mode?: CertificateSource;
  /** Public names of the cloud; the first is the one that people use. @default none: its public address */
  names?: string[];
  /** For the mode acme. */
  acme?: AcmeArgs;
  /** Owner of the DNS zone for DNS-01. */
  projectId?: string;
  /** Scaleway's API as the hosts reach it, without slash at the end. @default "https://api.scaleway.com" */
  scalewayApi?: string;
}

/** What the hosts' ACME client is told. */
export interface AcmePlan {
  directory: string;
  email?: string;
  names: string[];
  authority?: string;
  /** For DNS-01; without it the challenge is HTTP-01. */
  dns?: { api: string; zone: string; projectId: string; waitSeconds: number };
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
  /** Undefined in other modes. */
  acme?: AcmePlan;
}

const DAY = 24;
/** What browsers accept of a certificate at most is 398 days. */
const VALIDITY_DAYS = 397;
/** Whoever runs `up` once in two months never sees it end; the expiry metric tells the others. */
const EARLY_RENEWAL_DAYS = 60;
const AUTHORITY_DAYS = 3650;
const DNS_WAIT_SECONDS = 30;

/**
 * Plans the proxy in front of what speaks plain HTTP.
 *
 * @throws Error for the mode acme without names, and for DNS-01 without zone or project.
 */
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
    acme: mode === CertificateSource.Acme ? planAcme(args, names) : undefined,
  };
}

function planAcme({ acme = {}, projectId, scalewayApi }: TlsPlanArgs, names: string[]): AcmePlan {
  const { directory = LETS_ENCRYPT, email, challenge, dnsZone, dnsWaitSeconds = DNS_WAIT_SECONDS, authority } = acme;
  if (names.length === 0) throw new Error("tls.names: an ACME authority certifies names; give at least one");
  const plan = { directory, email, names, authority };
  if (challenge !== AcmeChallenge.Dns01) return plan;
  if (dnsZone === undefined || projectId === undefined)
    throw new Error("tls.acme: dns-01 needs dnsZone and the project that owns it");
  const api = scalewayApi ?? cloudDefaults.scalewayApi;
  return { ...plan, dns: { api, zone: dnsZone, projectId, waitSeconds: dnsWaitSeconds } };
}
