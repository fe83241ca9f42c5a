// SPDX-License-Identifier: Apache-2.0

/** What a command prints: collected for its outputs and its error, and shown line by line while it runs. */
import type { CallContext } from "../../../provider/grpc/provider";

/** `none` also stands for commands whose output must not be shown. */
export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** What a command printed, one trailing newline cut from each. */
export interface Printed {
  stdout: string;
  stderr: string;
}

export class OutputCollector {
  private readonly chunks: { stream: "stdout" | "stderr"; data: Buffer }[] = [];
  private readonly partial = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  constructor(
    private readonly context: CallContext,
    private readonly logging: Logging,
  ) {}

  add(stream: "stdout" | "stderr", data: Buffer): void {
    this.chunks.push({ stream, data });
    if (this.logging !== stream && this.logging !== "stdoutAndStderr") return;
    const text = Buffer.concat([this.partial[stream], data]);
    const end = text.lastIndexOf("\n");
    this.partial[stream] = text.subarray(end + 1);
    if (end >= 0) this.show(text.subarray(0, end));
  }

  /** The outputs; call once the command has ended. */
  finish(): Printed {
    this.show(this.partial.stdout);
    this.show(this.partial.stderr);
    return { stdout: this.text("stdout"), stderr: this.text("stderr") };
  }

  /** Both streams as they came. */
  everything(): string {
    return Buffer.concat(this.chunks.map(({ data }) => data)).toString();
  }

  private text(stream: "stdout" | "stderr"): string {
    const own = this.chunks.filter((chunk) => chunk.stream === stream).map(({ data }) => data);
    return Buffer.concat(own).toString().replace(/\n$/, "");
  }

  private show(lines: Buffer): void {
    for (const line of lines.toString().split("\n")) {
      if (line !== "") this.context.log("info", line, true);
    }
  }
}

/** The error of a run, with the command line and all that it printed: the provider hides nothing here. */
export function runError(reason: string, commandLine: string, output: string): Error {
  return new Error(`${reason}: running ${quote(commandLine)}:\n${output}`);
}

const ESCAPES: Record<string, string> = { "\x07": "\\a", "\v": "\\v", "\b": "\\b", "\f": "\\f" };

/** A string literal as the provider prints it: like JSON, but control characters are `\x1b`. */
function quote(text: string): string {
  return JSON.stringify(text)
    .replace(
      /\\u00([0-9a-f]{2})/g,
      (_match, hex: string) => ESCAPES[String.fromCharCode(parseInt(hex, 16))] ?? `\\x${hex}`,
    )
    .replace(/\x7f/g, "\\x7f");
}
