// SPDX-License-Identifier: Apache-2.0
export { runCli } from "./cli";
export { DeployedCloud, openCloud, RemoteFailure, withCloud, type DeployedHost } from "./cloud";
export type { CliEnvironment, ExitCode } from "./command";
export {
  drift,
  exitCodeOf,
  type Difference,
  type DriftOptions,
  type DriftReport,
  type HostDrift,
  type LayerDrift,
  type LayerVerdict,
} from "./drift";
export { driftText } from "./drift-report";
export { searchLogs, type LogSearch } from "./logs/logs";
export type { LogQuery } from "./logs/query";
export { recordText, type LogRecord } from "./logs/records";
export { commandLine, quoteWord } from "./quote";
export { SshSession, type RemoteResult } from "./ssh";
export { openStack, reveal, type Stack, type StackChanges, type StackLocation, type StackResource } from "./stack";
