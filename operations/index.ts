// SPDX-License-Identifier: Apache-2.0
export { runCli } from "./cli";
export { DeployedCloud, openCloud, RemoteFailure, withCloud, type DeployedHost } from "./cloud";
export type { CliEnvironment, ExitCode } from "./command";
export {
  drift,
  type Cause,
  type ResourceGroup,
  exitCodeOf,
  type Difference,
  type DriftOptions,
  type DriftReport,
  type HostDrift,
  type LayerDrift,
  type LayerVerdict,
} from "./drift";
export { withoutResources } from "./deployment";
export { driftText } from "./drift-report";
export { unlock, type UnlockedHost, type UnlockOptions } from "./encryption/unlock";
export { forgetHost, type ForgottenHost } from "./hosts/forget";
export { searchLogs, type LogSearch } from "./logs/logs";
export type { LogQuery } from "./logs/query";
export { recordText, type LogRecord } from "./logs/records";
export { commandLine, quoteWord } from "./quote";
export { listSecrets, secretsText, type ListedSecret, type SecretsReport } from "./secrets/list";
export type { SecretStore, StoredSecret } from "./secrets/stores/store";
export { syncSecrets, syncText, type SyncedSecret, type SyncOptions, type SyncReport } from "./secrets/sync";
export { rotatable, rotate, type RotatedSecret } from "./secrets/rotate";
export {
  addSilence,
  expireSilences,
  listSilences,
  silenceText,
  type Silence,
  type SilenceRequest,
} from "./silence/silence";
export { SshSession, type RemoteResult } from "./ssh";
export {
  driftOf,
  openStack,
  reveal,
  type ResourceDrift,
  type Stack,
  type StackChanges,
  type StackLocation,
  type StackResource,
} from "./stack";
export { AREAS, type Check, type CheckResult, type Measurement, type Outcome, type Verdict } from "./validate/check";
export { checks } from "./validate/checks";
export { cleanUp } from "./validate/clean-up";
export type { Readiness, ValidationReport } from "./validate/report";
export { validationReportSchema } from "./validate/report-schema";
export { validate, type ValidateOptions } from "./validate/validate";
export { writeReports, type ReportFiles } from "./validate/write";
