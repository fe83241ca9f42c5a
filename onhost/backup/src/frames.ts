// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";

/** Several files in one stream: pieces with their length before them, a piece of no length at the end of each file. */
const LENGTH_BYTES = 4;
const LARGEST_PIECE = 16 * 1024 * 1024;

/** One file as it travels. */
export async function* framed(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of file) {
    if (piece.length > 0) yield Buffer.concat([lengthOf(piece.length), piece]);
  }
  yield lengthOf(0);
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes);
  return length;
}

/** The files of a stream, one after another. */
export class Frames {
  private rest: Buffer = Buffer.alloc(0);
  private readonly source: AsyncIterator<Buffer>;

  constructor(stream: AsyncIterable<Buffer>) {
    this.source = stream[Symbol.asyncIterator]();
  }

  /** The next file; it must be read to its end before the one after it. */
  next(): Readable {
    return Readable.from(this.pieces(), { objectMode: false });
  }

  /** The next file as text. */
  async text(): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.pieces()) pieces.push(piece);
    return Buffer.concat(pieces).toString("utf8");
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for (;;) {
      const length = (await this.take(LENGTH_BYTES)).readUInt32BE();
      if (length > LARGEST_PIECE) throw new Error("what arrives is no backup");
      if (length === 0) return;
      yield await this.take(length);
    }
  }

  private async take(bytes: number): Promise<Buffer> {
    const parts = [this.rest];
    let size = this.rest.length;
    while (size < bytes) {
      const next = await this.source.next();
      if (next.done) throw new Error("the transfer ended before the backup did");
      parts.push(next.value);
      size += next.value.length;
    }
    const all = parts.length === 1 ? this.rest : Buffer.concat(parts);
    this.rest = all.subarray(bytes);
    return all.subarray(0, bytes);
  }
}
