// SPDX-License-Identifier: Apache-2.0
import schema from "./report.schema.json";

/** JSON Schema of `validate --json`. */
export const validationReportSchema = schema;
