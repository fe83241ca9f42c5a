// SPDX-License-Identifier: Apache-2.0
export { CollectedCredentials, type CollectedCredential } from "./collected";
export { SecretManager, type SecretManagerArgs } from "./secret-manager";
