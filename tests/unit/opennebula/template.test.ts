// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import {
  buildTemplate,
  InvalidValueError,
  parseTemplate,
  parseXml,
  templateFromXml,
  templateMistakes,
  type Template,
} from "../../../opennebula";
import { loadRecordings } from "../../conformance/oned/recordings";

/** Values with much of what is special to oned's syntax. */
const text = fc
  .array(
    fc.oneof(fc.constantFrom('"', "\\", "[", "]", "=", ",", "#", "\n", " ", "]]>", "\r", "😀", "\u0001"), fc.string()),
  )
  .map((parts) => parts.join(""));
const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
const vector = fc.dictionary(name, text, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
const one = fc.oneof(text, vector);
const template: fc.Arbitrary<Template> = fc.dictionary(
  name,
  fc.oneof(one, fc.array(one, { minLength: 2, maxLength: 4 })),
  {
    noNullPrototype: true,
  },
);

it("reads back what it writes, or refuses it with the attribute's name", () => {
  fc.assert(
    fc.property(template, (value) => {
      const mistakes = templateMistakes(value);
      if (mistakes.length === 0) expect(parseTemplate(buildTemplate(value))).toEqual(value);
      else {
        expect(() => buildTemplate(value)).toThrow(InvalidValueError);
        for (const { field } of mistakes)
          expect(field).toMatch(/^template\.[A-Z_][A-Z0-9_]*(\[\d+\])?(\.[A-Z_][A-Z0-9_]*)?$/);
      }
    }),
    { numRuns: 300 },
  );
});

it("refuses nothing but what cannot be stored", () => {
  const plain = fc.string({
    unit: fc.constantFrom("a", '"', "'", "[", "]", "=", ",", "#", "\n", "\t", " ", "<", "&", "ü", "日", "$"),
  });
  fc.assert(
    fc.property(plain, (value) => {
      fc.pre(!value.includes("]]>"));
      expect(templateMistakes({ A: value })).toEqual([]);
    }),
  );
});

it.each([
  ["a]]>b", '"]]>"'],
  ["😀", "outside the Basic Multilingual Plane"],
  ["a\u0007", "control character"],
  ["a\r\nb", "carriage return"],
  ["c:\\", "odd number of backslashes"],
  ['c:\\"x"', "odd number of backslashes"],
])("refuses %j", (value, rule) => {
  expect(() => buildTemplate({ NOTE: value }, "attributes")).toThrow(/^attributes\.NOTE: /);
  expect(() => buildTemplate({ NOTE: value })).toThrow(rule);
});

it.each(["A-B", "1A", "A.B", "", "A B", "Ä"])("refuses the name %j", (bad) => {
  expect(() => buildTemplate({ [bad]: "x" })).toThrow("not a name that oned accepts");
});

it("tells every mistake, down into vectors and lists", () => {
  const mistakes = templateMistakes({ "A-B": "x", NIC: [{ IP: "1" }, { "M-C": "\u0001" }], E: {} }, "t");
  expect(mistakes.map(({ field }) => field)).toEqual(["t.A-B", "t.NIC[1].M-C", "t.NIC[1].M-C", "t.E"]);
});

it("reads what people write as oned does", () => {
  const written = `# a comment
    foo = bar   N="1" M = "2"
    Nic=[ network = "private",
          model=virtio ] # behind
    NIC = [ NETWORK="public" ]
    V=[ ]
    Q = "a \\"quoted\\" c:\\\\dir\\n"
    LONG = "two
lines"`;
  expect(parseTemplate(written)).toEqual({
    FOO: "bar",
    N: "1",
    M: "2",
    NIC: [{ NETWORK: "private", MODEL: "virtio" }, { NETWORK: "public" }],
    Q: 'a "quoted" c:\\\\dir\\n',
    LONG: "two\nlines",
  });
});

it.each([
  ['A="1\nB="2"', 2],
  ["A B", 1],
  ['\nA=[X="1" Y="2"]', 2],
  ["A-B=1", 1],
  ['A=[X="1"', 1],
])("tells the line of the mistake in %j", (written, line) => {
  expect(() => parseTemplate(written)).toThrow(`in line ${line}`);
});

/** Templates that the real oned took, and what it gave back for them afterwards. */
describe("against the real oned", () => {
  const recordings = loadRecordings().find(([file]) => file.startsWith("23_"))?.[1] ?? [];
  const allocated = new Map<string, Template>();
  for (const { call, result, method } of recordings) {
    const id = Array.isArray(result?.value) && result.value[0]?.value === true ? result.value[1]?.value : undefined;
    const sent = call?.params[1]?.value;
    if (
      method === "one.template.allocate" &&
      typeof id === "number" &&
      typeof sent === "string" &&
      !sent.startsWith("<")
    ) {
      allocated.set(String(id), parseTemplate(sent));
    }
  }
  const returned = recordings.flatMap(({ method, call, result }) => {
    const body = Array.isArray(result?.value) ? result.value[1]?.value : undefined;
    const sent = allocated.get(JSON.stringify(call?.params[1]?.value));
    if (method !== "one.template.info" || typeof body !== "string" || sent === undefined) return [];
    return [{ sent, got: templateFromXml(parseXml(method, body).child("TEMPLATE")) }];
  });

  it("gives what oned gave back", () => {
    expect(returned.length).toBeGreaterThan(2);
    for (const { sent, got } of returned) {
      const { NAME: _name, ...attributes } = sent;
      expect(got).toEqual(attributes);
    }
  });
});
