// SPDX-License-Identifier: Apache-2.0

/**
 * The lab's stand-in for the tls provider (property names and defaults as in `@pulumi/tls`): PrivateKey, SelfSignedCert,
 * CertRequest, LocallySignedCert. A certificate whose early renewal has come is replaced by the next run, as the provider does it.
 *
 * Not here: the functions, write-only keys, and the parts of a subject beyond name, organization and unit.
 */
import { createHash } from "node:crypto";
import type { PropertyMap, ProviderImplementation } from "../../../provider/grpc/provider";
import { atLeast, oneOf, type Fields } from "../shared/fields";
import { generatedProvider, type GeneratedKind } from "../shared/generated";
import {
  algorithmOf,
  locallySigned,
  makeRequest,
  selfSigned,
  SUBJECT_PARTS,
  USES,
  type MadeCertificate,
  type Terms,
} from "./certificate";
import { CURVES, makeKey, type KeyWanted } from "./private-key";

/** Go's crypto/rsa refuses to sign with less. */
const SMALLEST_RSA_KEY = 1024;

const privateKey: GeneratedKind = {
  fields: {
    algorithm: { type: "string", required: true, rule: oneOf(["RSA", "ECDSA", "ED25519"]) },
    ecdsaCurve: { type: "string", rule: oneOf(Object.keys(CURVES)) },
    rsaBits: { type: "integer", rule: atLeast(SMALLEST_RSA_KEY) },
  },
  defaults: { ecdsaCurve: "P224", rsaBits: 2048 },
  outputs: {
    privateKeyPem: "secret",
    privateKeyPemPkcs8: "secret",
    privateKeyOpenssh: "secret",
    publicKeyPem: "plain",
    publicKeyOpenssh: "plain",
    publicKeyFingerprintMd5: "plain",
    publicKeyFingerprintSha256: "plain",
  },
  make: async (inputs: PropertyMap) => {
    const { id, texts } = await makeKey(inputs as unknown as KeyWanted);
    return { id, values: { ...texts } };
  },
};

const HOUR = 3_600_000;

const nameFields: Fields = {
  subject: { type: Object.fromEntries(Object.keys(SUBJECT_PARTS).map((part) => [part, { type: "string" }])) },
  dnsNames: { type: "string list" },
  ipAddresses: { type: "string list" },
};
const termFields: Fields = {
  allowedUses: {
    type: "string list",
    required: true,
    rule: (uses) =>
      (uses as string[]).every((use) => USES.includes(use)) ? undefined : `must hold only ${USES.join(", ")}`,
  },
  validityPeriodHours: { type: "integer", required: true, rule: atLeast(0) },
  earlyRenewalHours: { type: "integer", rule: atLeast(0) },
  isCaCertificate: { type: "boolean" },
  setSubjectKeyId: { type: "boolean" },
};
const key = { type: "string", required: true, secret: true } as const;

const certificateKind: Pick<GeneratedKind, "defaults" | "expired"> = {
  defaults: { earlyRenewalHours: 0, isCaCertificate: false },
  expired: ({ validityEndTime, earlyRenewalHours }) =>
    Date.now() >= Date.parse(validityEndTime as string) - Number(earlyRenewalHours) * HOUR
      ? "readyForRenewal"
      : undefined,
};
const certificateOutputs = {
  certPem: "plain",
  validityStartTime: "plain",
  validityEndTime: "plain",
  readyForRenewal: "plain",
} as const;

const certificateValues = ({ id, ...values }: MadeCertificate, more: PropertyMap) => ({
  id,
  values: { ...values, readyForRenewal: false, ...more },
});

const selfSignedCert: GeneratedKind = {
  ...certificateKind,
  fields: { privateKeyPem: key, ...nameFields, ...termFields },
  outputs: { ...certificateOutputs, keyAlgorithm: "plain" },
  make: async (inputs) => {
    const keyPem = inputs.privateKeyPem as string;
    const made = await selfSigned(keyPem, inputs, inputs as unknown as Terms);
    return certificateValues(made, { keyAlgorithm: algorithmOf(keyPem) });
  },
};

const certRequest: GeneratedKind = {
  fields: { privateKeyPem: key, ...nameFields },
  outputs: { certRequestPem: "plain", keyAlgorithm: "plain" },
  make: async (inputs) => {
    const keyPem = inputs.privateKeyPem as string;
    const certRequestPem = await makeRequest(keyPem, inputs);
    const id = createHash("sha1").update(certRequestPem).digest("hex");
    return { id, values: { certRequestPem, keyAlgorithm: algorithmOf(keyPem) } };
  },
};

const locallySignedCert: GeneratedKind = {
  ...certificateKind,
  fields: {
    caCertPem: { type: "string", required: true },
    caPrivateKeyPem: key,
    certRequestPem: { type: "string", required: true },
    ...termFields,
  },
  outputs: { ...certificateOutputs, caKeyAlgorithm: "plain" },
  make: async (inputs) => {
    const keyPem = inputs.caPrivateKeyPem as string;
    const authority = { certPem: inputs.caCertPem as string, keyPem };
    const made = await locallySigned(inputs.certRequestPem as string, authority, inputs as unknown as Terms);
    return certificateValues(made, { caKeyAlgorithm: algorithmOf(keyPem) });
  },
};

/** @param version that of the pinned npm package, which the engine asked for */
export function tlsProvider(version: string): ProviderImplementation {
  return generatedProvider("tls", version, {
    "tls:index/privateKey:PrivateKey": privateKey,
    "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    "tls:index/certRequest:CertRequest": certRequest,
    "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
  });
}
