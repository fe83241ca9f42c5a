// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from "node:crypto";
import { CertificateSource } from "../catalogue";
import type { Problem } from "./problems";
import type { CloudConfig, TlsConfig } from "./stack.gen";

/** The TLS proxy, as the stack file says. */
export interface CloudTls {
  enabled: boolean;
  mode: CertificateSource;
  names?: string[];
  /** PEM, where it is imported. */
  certificate?: string;
}

const path = "tls.certificate";

/** What the schema cannot say of `tls`. */
export function tlsProblems({ tls }: CloudConfig, now = new Date()): Problem[] {
  const { mode, certificate, names = [] } = tls as TlsConfig;
  if (mode !== CertificateSource.Imported) {
    if (certificate === undefined) return [];
    return [
      { path, found: "a certificate", rule: "belongs to the mode imported", cure: "Remove it or choose that mode." },
    ];
  }
  if (certificate === undefined)
    return [{ path, found: "nothing", rule: "is required in the mode imported", cure: "Give the chain, PEM." }];
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return [{ path, found: "text that is no certificate", rule: "must be PEM", cure: "Give the chain as issued." }];
  }
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

/** The words of the file as the program's. */
export function cloudTls({ tls }: CloudConfig): CloudTls {
  const { enabled, mode, names, certificate } = tls as TlsConfig;
  return { enabled: enabled!, mode: mode as CertificateSource, names, certificate };
}
