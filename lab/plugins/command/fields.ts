// SPDX-License-Identifier: Apache-2.0

/** The inputs of the command provider's resources, named as in its schema (`@pulumi/command` 1.2.1). */
import type { PropertyValue } from "../../../provider/grpc/provider";
import { atLeast, oneOf, type Fields } from "../shared/fields";

const port = (value: PropertyValue) =>
  typeof value === "number" && value >= 1 && value <= 65535 ? undefined : "must be a port from 1 to 65535";

const notEmpty = (value: PropertyValue) => (value === "" ? "must not be empty" : undefined);

const ENDPOINT: Fields = {
  host: { type: "string", required: true, rule: notEmpty },
  port: { type: "integer", default: 22, rule: port },
  user: { type: "string", default: "root" },
  password: { type: "string" },
  privateKey: { type: "string" },
  privateKeyPassword: { type: "string" },
  agentSocketPath: { type: "string" },
  dialErrorLimit: { type: "integer", default: 10, rule: atLeast(-1) },
  perDialTimeout: { type: "integer", default: 15, rule: atLeast(0) },
  hostKey: { type: "string" },
};

const CONNECTION: Fields = {
  connection: { type: { ...ENDPOINT, proxy: { type: ENDPOINT } }, required: true, secret: true },
};

const TRIGGERS: Fields = { triggers: { type: "list", replaces: true } };

const COMMANDS: Fields = {
  create: { type: "string" },
  update: { type: "string" },
  delete: { type: "string" },
  ...TRIGGERS,
};

/** What every run takes, wherever it runs. */
const RUN: Fields = {
  stdin: { type: "string" },
  environment: { type: "string map" },
  addPreviousOutputInEnv: { type: "boolean" },
  logging: { type: "string", rule: oneOf(["stdout", "stderr", "stdoutAndStderr", "none"]) },
};

const LOCAL: Fields = {
  ...RUN,
  interpreter: { type: "string list" },
  dir: { type: "string" },
};

export const REMOTE_COMMAND: Fields = { ...CONNECTION, ...COMMANDS, ...RUN };
export const COPY_TO_REMOTE: Fields = {
  ...CONNECTION,
  ...TRIGGERS,
  source: { type: "asset", required: true },
  remotePath: { type: "string", required: true, rule: notEmpty },
};
export const LOCAL_COMMAND: Fields = { ...COMMANDS, ...LOCAL };
export const LOCAL_RUN: Fields = { ...LOCAL, command: { type: "string", required: true } };
