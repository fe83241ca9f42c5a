// SPDX-License-Identifier: Apache-2.0
import type { CommandFactory } from "../command";
import { accessCommand } from "./access";
import { auditCommand } from "./audit";
import { backupCommand } from "./backup";
import { completionCommand } from "./completion";
import { driftCommand } from "./drift";
import { forgetHostCommand } from "./forget-host";
import { logsCommand } from "./logs";
import { rotateCommand } from "./rotate";
import { secretsCommand } from "./secrets";
import { restoreCommand } from "./restore";
import { silenceCommand } from "./silence";
import { unlockCommand } from "./unlock";
import { validateCommand } from "./validate";

/** Every day-two command, in the order of the help. */
export const commands: readonly CommandFactory[] = [
  validateCommand,
  driftCommand,
  logsCommand,
  silenceCommand,
  auditCommand,
  accessCommand,
  secretsCommand,
  rotateCommand,
  unlockCommand,
  backupCommand,
  restoreCommand,
  forgetHostCommand,
  completionCommand,
];
