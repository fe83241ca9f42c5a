// SPDX-License-Identifier: Apache-2.0
export { bootstrapHost, type Bootstrap, type HostFacts } from "./bootstrap";
export { bundleHash, previewState, renderBundle, resolveState, type Bundle } from "./bundle";
export { commandConnection, ORDINARY_DIAL, type Dialling, type HostConnection } from "./connection";
export {
  confirmLayer,
  convergeLayer,
  copyConverger,
  type ConvergedLayer,
  type LayerArgs,
  type LayerHost,
} from "./converge";
export { mergeStates, type Contribution } from "./merge";
export { VENDOR_REPOSITORY, type OpenNebulaRepository } from "./opennebula-repository";
export { knownHostsLine, signHostKey, type HostCertificateArgs } from "./ssh-ca";
export * from "./state";
export { previewText, ref, resolveText, secretRef, text, type Reference, type Text } from "./text";
