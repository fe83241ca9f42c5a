// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { AcmeChallenge, CertificateSource } from "../catalogue";
import type { Problem } from "./problems";
import type { AcmeConfig, CloudConfig, TlsConfig } from "./stack.gen";

/** The TLS proxy, as the stack file says. */
export interface CloudTls {
  enabled: boolean;
  mode: CertificateSource;
  names?: string[];
  /** PEM, where it is imported. */
  certificate?: string;
  /** Where it comes from an ACME authority. */
  acme?: CloudAcme;
}

export interface CloudAcme {
  directory?: string;
  email?: string;
  challenge: AcmeChallenge;
  dnsZone?: string;
  dnsWaitSeconds?: number;
  authority?: string;
}

const path = "tls.certificate";

/** What the schema cannot say of `tls`. */
export function tlsProblems({ tls }: CloudConfig, now = new Date()): Problem[] {
  const { mode, certificate, acme, names = [] } = tls as TlsConfig;
  const problems: Problem[] = [];
  if (mode !== CertificateSource.Imported && certificate !== undefined)
    problems.push(foreign(path, "a certificate", CertificateSource.Imported));
  if (mode !== CertificateSource.Acme && acme !== undefined)
    problems.push(foreign("tls.acme", "settings of an ACME authority", CertificateSource.Acme));
  if (mode === CertificateSource.Imported) problems.push(...importedProblems(certificate, names, now));
  if (mode === CertificateSource.Acme) problems.push(...acmeProblems(acme, names));
  return problems;
}

function foreign(path: string, found: string, mode: CertificateSource): Problem {
  return { path, found, rule: `belongs to the mode ${mode}`, cure: "Remove it or choose that mode." };
}

function importedProblems(certificate: string | undefined, names: string[], now: Date): Problem[] {
  if (certificate === undefined)
    return [{ path, found: "nothing", rule: "is required in the mode imported", cure: "Give the chain, PEM." }];
  const parsed = parsedCertificate(certificate);
  if (!parsed) return [noCertificate(path, "Give the chain as issued.")];
  const problems: Problem[] = [];
  if (new Date(parsed.validTo) <= now) {
    problems.push({
      path,
      found: `a certificate that ended on ${parsed.validTo}`,
      rule: "must be valid",
      cure: "Give its successor.",
    });
  }
  for (const [index, name] of names.entries()) {
    if (parsed.checkHost(name) !== undefined) continue;
    problems.push({
      path: `tls.names[${index}]`,
      found: "a name that is not in the certificate",
      rule: "must be a name of the imported certificate",
      cure: "Remove it, or give a certificate that has it.",
    });
  }
  return problems;
}

function acmeProblems(acme: AcmeConfig = {}, names: string[]): Problem[] {
  const { challenge, dnsZone, authority } = acme;
  const problems: Problem[] = [];
  if (names.length === 0) {
    problems.push({
      path: "tls.names",
      found: "nothing",
      rule: "is required in the mode acme: an authority certifies names",
      cure: "Name the cloud, and let the name point to the front-end.",
    });
  }
  if (challenge === AcmeChallenge.Dns01 && dnsZone === undefined) {
    problems.push({
      path: "tls.acme.dnsZone",
      found: "nothing",
      rule: "is required for dns-01",
      cure: "Name the zone at Scaleway that holds the names.",
    });
  }
  if (challenge !== AcmeChallenge.Dns01 && dnsZone !== undefined) {
    problems.push({
      path: "tls.acme.dnsZone",
      found: "a zone",
      rule: "belongs to dns-01",
      cure: "Remove it or choose that challenge.",
    });
  }
  if (dnsZone !== undefined) {
    for (const [index, name] of names.entries()) {
      if (name === dnsZone || name.endsWith(`.${dnsZone}`)) continue;
      problems.push({
        path: `tls.names[${index}]`,
        found: "a name outside of the zone",
        rule: "must be in tls.acme.dnsZone",
        cure: "Remove it, or use http-01.",
      });
    }
  }
  if (authority !== undefined && !parsedCertificate(authority))
    problems.push(noCertificate("tls.acme.authority", "Give the authority's root certificate."));
  return problems;
}

function parsedCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function noCertificate(path: string, cure: string): Problem {
  return { path, found: "text that is no certificate", rule: "must be PEM", cure };
}

/** The words of the file as the program's. */
export function cloudTls({ tls }: CloudConfig): CloudTls {
  const { enabled, mode, names, certificate, acme } = tls as TlsConfig;
  return {
    enabled: enabled!,
    mode: mode as CertificateSource,
    names,
    certificate,
    acme: mode === CertificateSource.Acme ? cloudAcme(acme) : undefined,
  };
}

/** Without the section the schema has filled nothing in. */
function cloudAcme({ challenge = AcmeChallenge.Http01, ...rest }: AcmeConfig = {}): CloudAcme {
  return { ...rest, challenge: challenge as AcmeChallenge };
}
