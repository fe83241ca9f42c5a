// SPDX-License-Identifier: Apache-2.0

/** A control of a standard: what proves it beside the policies that name it. */
export interface Control {
  about: string;
  /** Files of tests; the generator fails where one is missing. */
  tests: string[];
  /** What somebody who audits is shown: a command or a page. */
  evidence: string[];
}

/** Controls by the names that policies use. */
export const controls: Record<string, Control> = {
  "SOC2 CC5.2": {
    about: "Technology is controlled: what runs, where, and at what cost",
    tests: ["tests/unit/policies/policies.test.ts"],
    evidence: ["`npm run check:pr`"],
  },
  "SOC2 CC6.1": {
    about: "Logical access: credentials, accounts, keys",
    tests: [
      "tests/unit/access/roles.test.ts",
      "tests/unit/operations/secrets.test.ts",
      "tests/e2e/scenarios/no-secrets.ts",
    ],
    evidence: ["`secrets list`", "docs/security/access-control.md"],
  },
  "SOC2 CC6.3": {
    about: "Rights by role, no more than needed",
    tests: ["tests/unit/access/roles.test.ts"],
    evidence: ["docs/security/access-control.md", "`validate --only users`"],
  },
  "SOC2 CC6.6": {
    about: "Protection against the outside",
    tests: ["tests/unit/components/security.test.ts", "tests/e2e/scenarios/firewall.ts"],
    evidence: ["docs/security/services.md", "`validate --only firewall`"],
  },
  "SOC2 CC6.7": {
    about: "Data on the way is encrypted",
    tests: ["tests/unit/tls/proxy.test.ts", "tests/e2e/scenarios/tls.ts"],
    evidence: ["docs/security/tls.md", "`validate --only tls`"],
  },
  "SOC2 CC7.1": {
    about: "Changes and weaknesses are detected; updates",
    tests: ["tests/unit/components/security.test.ts", "tests/unit/operations/drift.test.ts"],
    evidence: ["`drift`", "docs/security/hardening.md"],
  },
  "SOC2 CC7.2": {
    about: "Events are watched and recorded",
    tests: [
      "tests/unit/audit/program.test.ts",
      "tests/e2e/scenarios/audit.ts",
      "tests/unit/components/monitoring.test.ts",
    ],
    evidence: ["`audit list`", "`audit verify`", "docs/operations/alerts.md"],
  },
  "SOC2 CC7.4": {
    about: "Response to incidents",
    tests: ["tests/e2e/scenarios/audit.ts"],
    evidence: ["docs/security/incident-response.md"],
  },
  "SOC2 CC8.1": {
    about: "Changes are authorized, tested and can be taken back",
    tests: ["tests/unit/policies/policies.test.ts", "tests/e2e/scenarios/interrupted.ts"],
    evidence: ["`npm run check:pr`", "`pulumi stack history`"],
  },
  "SOC2 A1.2": {
    about: "Backups and recovery",
    tests: ["tests/unit/backup/backup.test.ts", "tests/e2e/scenarios/backups.ts"],
    evidence: ["`backup verify --restore`", "docs/operations/backups.md"],
  },
  "GDPR Art. 25": {
    about: "Data protection by design and by default",
    tests: ["tests/unit/access/roles.test.ts"],
    evidence: ["docs/security/access-control.md"],
  },
  "GDPR Art. 30": {
    about: "Records of processing: what is kept of people, and for how long",
    tests: ["tests/unit/audit/program.test.ts"],
    evidence: ["docs/security/audit.md"],
  },
  "GDPR Art. 32(1)(a)": {
    about: "Encryption",
    tests: [
      "tests/unit/tls/proxy.test.ts",
      "tests/unit/backup/backup.test.ts",
      "tests/unit/components/encryption.test.ts",
    ],
    evidence: ["docs/security/tls.md", "docs/operations/backups.md", "docs/security/encryption.md"],
  },
  "GDPR Art. 32(1)(b)": {
    about: "Confidentiality, integrity, availability",
    tests: ["tests/e2e/scenarios/firewall.ts"],
    evidence: ["`validate`"],
  },
  "GDPR Art. 32(1)(c)": {
    about: "Data can be restored in time",
    tests: ["tests/e2e/scenarios/backups.ts"],
    evidence: ["`backup verify --restore`"],
  },
  "GDPR Art. 33": {
    about: "Breaches are noticed and reported within 72 hours",
    tests: ["tests/e2e/scenarios/audit.ts"],
    evidence: ["docs/security/incident-response.md"],
  },
  "GDPR Art. 44": {
    about: "Data stays in the allowed regions",
    tests: ["tests/unit/policies/policies.test.ts"],
    evidence: ["`npm run check:pr`"],
  },
};
