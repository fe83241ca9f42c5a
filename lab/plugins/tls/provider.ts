// SPDX-License-Identifier: Apache-2.0

/**
 * The lab's stand-in for the tls provider (property names and defaults as in `@pulumi/tls`): PrivateKey.
 *
 * Not here: the certificates (SelfSignedCert, CertRequest, LocallySignedCert) and the functions.
 */
import type { PropertyMap, ProviderImplementation } from "../../../provider/grpc/provider";
import { atLeast, oneOf } from "../shared/fields";
import { generatedProvider, type GeneratedKind } from "../shared/generated";
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

/** @param version that of the pinned npm package, which the engine asked for */
export function tlsProvider(version: string): ProviderImplementation {
  return generatedProvider("tls", version, { "tls:index/privateKey:PrivateKey": privateKey });
}
