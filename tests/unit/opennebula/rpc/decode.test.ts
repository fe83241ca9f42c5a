// SPDX-License-Identifier: Apache-2.0

/** The fast way out of the envelope against package `xmlrpc`, and answers that are no answers. */
import fc from "fast-check";
import { CallError, FaultError, TransportError } from "../../../../opennebula";
import { decodeCall, decodeValue } from "../../../../opennebula/rpc/decode";
import { textOfEnvelope } from "../../../../opennebula/rpc/envelope";

const HEAD =
  '<?xml version="1.0" encoding="UTF-8"?>\r\n<methodResponse>\r\n<params>\r\n<param><value><array><data>\r\n' +
  "<value><boolean>1</boolean></value>\r\n<value><string>";
const TAIL =
  "</string></value>\r\n<value><i4>0</i4></value>\r\n</data></array></value></param>\r\n</params>\r\n</methodResponse>\r\n";

const answer = (escaped: string): Buffer => Buffer.from(HEAD + escaped + TAIL);
const references = ["&lt;", "&gt;", "&amp;", "&quot;", "&apos;"];
const plain = ["a", "lt;", "é", "ツ", "\u{1f600}", "\t", "\n", "]]>", '"', "'", ">"];
const text = fc.string({ unit: fc.constantFrom(...references, ...plain) });

it("takes text out as the deserializer does", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (escaped) => {
      // The deserializer makes of a blank string none at all, and trims; the envelope's text never is.
      const [, wanted] = (await decodeValue("", answer(`x${escaped}x`))) as [boolean, string];
      expect(textOfEnvelope(answer(`x${escaped}x`))).toBe(wanted);
    }),
  );
});

it.each([
  ["CRLF", "a\r\nb\rc", "a\nb\nc"],
  ["twice escaped text", "&amp;lt;", "&lt;"],
  ["no text", "", ""],
  ["blanks", "  a  ", "  a  "],
])("takes out %s", async (_name, escaped, wanted) => {
  expect(textOfEnvelope(answer(escaped))).toBe(wanted);
  expect(await decodeCall("", answer(escaped))).toBe(wanted);
});

it.each(["a&#65;b", "a&nbsp;", "a&", "a&l", "a&ltx;", "a<b/>", "<![CDATA[a]]>"])(
  "leaves %s to the deserializer",
  (escaped) => {
    expect(textOfEnvelope(answer(escaped))).toBeUndefined();
  },
);

it("gives what a numeric reference means", async () => {
  expect(await decodeCall("", answer("a&#65;&#x20ac;"))).toBe("aA\u20ac");
});

it("ends on any bytes, with a value or with an error of its own", async () => {
  const whole = answer("&lt;VM&gt;&lt;/VM&gt;");
  const damaged = fc
    .tuple(fc.nat(whole.length), fc.nat(20), fc.uint8Array({ maxLength: 12 }))
    .map(([at, cut, bytes]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + cut)]));
  const noise = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, noise), async (body) => {
      const outcome: unknown = await decodeCall("one.x.info", body).catch((error: unknown) => error);
      const known = [CallError, FaultError, TransportError].some((kind) => outcome instanceof kind);
      expect(known || typeof outcome === "string" || typeof outcome === "number").toBe(true);
    }),
    { numRuns: 500 },
  );
});
