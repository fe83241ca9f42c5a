// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";

/**
 * Hash of what a dump says, whatever its comments say: server version and place in the binary log are no content. Two databases
 * with the same hash hold the same tables with the same rows.
 */
export class ContentHash {
  private readonly hash = createHash("sha256");
  private rest = "";
  /** Where in the binary log the dump stands; mariadb-dump writes it into a comment. */
  position: { file: string; offset: number } | undefined;

  readonly tap = (piece: Buffer): void => {
    // Bytes are kept as they are: a multi-byte character may lie across two pieces.
    const lines = (this.rest + piece.toString("latin1")).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.line(line);
  };

  digest(): string {
    if (this.rest !== "") this.line(this.rest);
    return this.hash.digest("hex");
  }

  private line(line: string): void {
    if (line.startsWith("--") || line === "") {
      const found = /MASTER_LOG_FILE='([^']+)', MASTER_LOG_POS=(\d+)/.exec(line);
      if (found) this.position ??= { file: found[1]!, offset: Number(found[2]) };
      return;
    }
    this.hash.update(line, "latin1").update("\n");
  }
}
