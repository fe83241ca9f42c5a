// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Fault, TransitionFault } from "./faults";
import { tableNames, type TableName, type Tables } from "./model";
import type { Job } from "./scheduler";

const formatVersion = 1;

type TableRows = { [Name in TableName]: Record<string, Tables[Name]> };

/** Everything that survives a restart of the emulator. */
export interface State {
  version: number;
  organizationId: string;
  projectId: string;
  nextSeq: number;
  tables: TableRows;
  jobs: Job[];
  faults: Fault[];
  transitionFaults: TransitionFault[];
  /** Offer ids that an order is refused for. */
  outOfStock: string[];
}

/**
 * The account as one JSON document. Handlers change rows in place and say `changed()`; `flush()` returns when what was
 * changed before the call is in the file (written beside it, then renamed), many callers sharing one write.
 */
export class Store {
  readonly state: State;
  private dirty = false;
  private writing: Promise<void> | undefined;

  private constructor(
    private readonly file: string,
    state: State,
  ) {
    this.state = state;
  }

  /**
   * Opens the file, or begins an empty account where there is none.
   * @throws Error when the file is no state of this emulator or belongs to another account.
   */
  static open(file: string, account: { organizationId: string; projectId: string }): Store {
    if (!existsSync(file)) return new Store(file, emptyState(account));
    const state = parseState(file);
    if (state.organizationId !== account.organizationId || state.projectId !== account.projectId) {
      throw new Error(
        `${file} holds the account of organization ${state.organizationId}, project ${state.projectId}; the emulator was ` +
          `started for ${account.organizationId}, ${account.projectId}. Use the credentials it was made with, or another file.`,
      );
    }
    return new Store(file, state);
  }

  changed(): void {
    this.dirty = true;
  }

  insert<Name extends TableName>(name: Name, row: Omit<Tables[Name], "seq">): Tables[Name] {
    const full = { ...row, seq: this.state.nextSeq++ } as Tables[Name];
    const table: Record<string, Tables[Name]> = this.state.tables[name];
    table[full.id] = full;
    this.changed();
    return full;
  }

  remove(name: TableName, id: string): void {
    delete this.state.tables[name][id];
    this.changed();
  }

  get<Name extends TableName>(name: Name, id: string): Tables[Name] | undefined {
    const table: Record<string, Tables[Name]> = this.state.tables[name];
    return Object.hasOwn(table, id) ? table[id] : undefined;
  }

  /** All rows of a table in order of creation. */
  all<Name extends TableName>(name: Name): Tables[Name][] {
    const table: Record<string, Tables[Name]> = this.state.tables[name];
    return Object.values(table).sort((a, b) => a.seq - b.seq);
  }

  async flush(): Promise<void> {
    while (this.dirty || this.writing !== undefined) {
      this.writing ??= this.write();
      await this.writing;
    }
  }

  private async write(): Promise<void> {
    this.dirty = false;
    try {
      const temporary = `${this.file}.new`;
      await mkdir(dirname(this.file), { recursive: true });
      // 0600: user data can hold a host key, as it does at the real API.
      await writeFile(temporary, JSON.stringify(this.state), { mode: 0o600 });
      await rename(temporary, this.file);
    } catch (error) {
      this.dirty = true;
      throw error;
    } finally {
      this.writing = undefined;
    }
  }
}

function emptyState(account: { organizationId: string; projectId: string }): State {
  const tables = Object.fromEntries(tableNames.map((name) => [name, {}])) as TableRows;
  return {
    version: formatVersion,
    // Not the whole of what was passed: credentials have these fields too, and their secret is not for the file.
    organizationId: account.organizationId,
    projectId: account.projectId,
    nextSeq: 1,
    tables,
    jobs: [],
    faults: [],
    transitionFaults: [],
    outOfStock: [],
  };
}

function parseState(file: string): State {
  const cure = "Remove the file to begin an empty account, or restore it.";
  let state: State;
  try {
    state = JSON.parse(readFileSync(file, "utf8")) as State;
  } catch (error) {
    throw new Error(`${file} is no JSON document: ${(error as Error).message}. ${cure}`);
  }
  if (state.version !== formatVersion) {
    throw new Error(`${file} has format version ${state.version}, this emulator reads ${formatVersion}. ${cure}`);
  }
  return state;
}
