// SPDX-License-Identifier: Apache-2.0

/** What oned writes around the text of a successful answer. Blanks between elements do not matter. */
const HEAD =
  /^\s*(?:<\?xml[^>]*\?>)?\s*<methodResponse>\s*<params>\s*<param>\s*<value>\s*<array>\s*<data>\s*<value><boolean>1<\/boolean><\/value>\s*<value><string>/;
const TAIL =
  /^<\/string><\/value>\s*<value><i4>0<\/i4><\/value>\s*<\/data>\s*<\/array>\s*<\/value>\s*<\/param>\s*<\/params>\s*<\/methodResponse>\s*$/;
/** Bytes that hold the head, and the tail, of any such answer. */
const MARGIN = 512;

/**
 * The text of a successful answer with one string, which is nearly every answer and every big one: taken out of the bytes by
 * position and unescaped in one pass, thirty times as fast as through the deserializer. Undefined for any answer of another shape,
 * and for one with references other than XML's five names: those are the deserializer's.
 */
export function textOfEnvelope(body: Buffer): string | undefined {
  // One character is one byte here, and what is compared is ASCII.
  const head = HEAD.exec(body.toString("latin1", 0, MARGIN));
  if (head === null) return undefined;
  const start = head[0].length;
  const end = body.indexOf("<", start);
  if (end < 0 || body.length - end > MARGIN || !TAIL.test(body.toString("latin1", end))) return undefined;
  return unescapeBytes(body.subarray(start, end));
}

/** The references that are rare. */
const OTHERS = [
  { name: "amp;", byte: 0x26 },
  { name: "quot;", byte: 0x22 },
  { name: "apos;", byte: 0x27 },
];

/**
 * UTF-8 keeps its other bytes above ASCII, so bytes can be replaced without decoding. Line ends become LF, as XML wants.
 */
function unescapeBytes(escaped: Buffer): string | undefined {
  const plain = Buffer.allocUnsafe(escaped.length);
  let length = 0;
  for (let at = 0; at < escaped.length; at += 1) {
    let byte = escaped[at] as number;
    if (byte === 0x26 /* & */) {
      const letter = escaped[at + 1];
      const isShort = escaped[at + 2] === 0x74 /* t */ && escaped[at + 3] === 0x3b; /* ; */
      if (isShort && letter === 0x6c /* l */) {
        byte = 0x3c; // <
        at += 3;
      } else if (isShort && letter === 0x67 /* g */) {
        byte = 0x3e; // >
        at += 3;
      } else {
        const found = OTHERS.find(({ name }) => escaped.toString("latin1", at + 1, at + 1 + name.length) === name);
        if (found === undefined) return undefined;
        byte = found.byte;
        at += found.name.length;
      }
    } else if (byte === 0x0d /* CR */) {
      if (escaped[at + 1] === 0x0a /* LF */) continue;
      byte = 0x0a;
    }
    plain[length] = byte;
    length += 1;
  }
  return plain.toString("utf8", 0, length);
}
