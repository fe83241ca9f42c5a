// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { ONEADMIN_GROUP } from "../entities";
import { Code, Failure } from "../failure";
import { cdata } from "../xml";
import { renderTemplate } from "../template";

function adminOnly(context: CallContext, what: string, id = -1): void {
  if (context.user.data.groups.includes(ONEADMIN_GROUP)) return;
  const message = `User [${context.user.id}] not authorized to perform action on ${what}.`;
  throw new Failure(Code.AUTHORIZATION, message, id);
}

/** The configuration; the database's coordinates only for administrators. */
function config(context: CallContext): string {
  const admin = context.user.data.groups.includes(ONEADMIN_GROUP);
  const xml = renderTemplate(context.config.attributes);
  const text = admin
    ? xml
    : xml.replace(/<DB>.*?<\/DB>/s, (db) =>
        db.replace(
          /<(BACKEND|SERVER|PORT|USER|PASSWD|DB_NAME)>.*?<\/\1>/gs,
          (_whole, name: string) => `<${name}>***</${name}>`,
        ),
      );
  return `<OPENNEBULA_CONFIGURATION>${text}</OPENNEBULA_CONFIGURATION>`;
}

const noDatabase = "This stand-in for oned has no SQL database behind its store";

async function sqlQuery(context: CallContext, sql: string): Promise<string> {
  const rows = await rowsOf(context, sql);
  const lines = rows.map((row) => {
    const cells = Object.entries(row).map(([name, value]) => `<${name}>${cdata(value)}</${name}>`);
    return `<ROW>${cells.join("")}</ROW>`;
  });
  return `<SQL_COMMAND><QUERY>${cdata(sql)}</QUERY><RESULT>${lines.join("")}</RESULT></SQL_COMMAND>`;
}

async function rowsOf(context: CallContext, sql: string): Promise<Record<string, string>[]> {
  if (context.sql === undefined) throw new Failure(Code.INTERNAL, noDatabase);
  try {
    return await context.sql(sql);
  } catch (error) {
    throw new Failure(Code.INTERNAL, `SQL command was: ${sql}, error: ${error instanceof Error ? error.message : ""}`);
  }
}

/** Calls between the servers of a zone: this one is alone. */
const solo: Method = (context) => {
  adminOnly(context, "zone", 0);
  throw new Failure(Code.ACTION, "oned is not part of a zone with several servers");
};

export const systemMethods: Methods = {
  "one.system.version": (context) => context.version,
  "one.system.config": (context) => config(context),
  "one.system.sqlquery": (context, params) => {
    const sql = params.string(0);
    adminOnly(context, "-");
    return sqlQuery(context, sql);
  },
  "one.system.sql": async (context, params) => {
    const sql = params.string(0);
    adminOnly(context, "-");
    await rowsOf(context, sql);
    return 0;
  },
  "one.zone.raftstatus": () =>
    "<RAFT><SERVER_ID>-1</SERVER_ID><STATE>0</STATE><TERM>0</TERM><VOTEDFOR>-1</VOTEDFOR><COMMIT>0</COMMIT>" +
    "<LOG_INDEX>-1</LOG_INDEX><LOG_TERM>-1</LOG_TERM><FEDLOG_INDEX>-1</FEDLOG_INDEX></RAFT>",
  "one.zone.voterequest": solo,
  "one.zone.replicate": solo,
  "one.zone.fedreplicate": (context) => {
    adminOnly(context, "zone");
    throw new Failure(Code.ACTION, "oned is not part of a federation");
  },
};
