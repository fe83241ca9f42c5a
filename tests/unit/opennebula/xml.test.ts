// SPDX-License-Identifier: Apache-2.0

/** The parser against saxes, which knows all of XML: what it takes, it takes alike; what saxes refuses, it refuses. */
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { parseXml, TransportError, type XmlElement } from "../../../opennebula";
import { loadRecordings } from "../../conformance/oned/recordings";

interface Tree {
  name: string;
  text: string;
  children: Tree[];
}

const treeOf = ({ name, text, children }: XmlElement): Tree => ({ name, text, children: children.map(treeOf) });

function bySaxes(xml: string): Tree | undefined {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: Tree[] = [];
  let root: Tree | undefined;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentagstart", ({ name }) => {
    const element = { name, text: "", children: [] };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const append = (text: string): void => {
    const current = open.at(-1);
    if (current !== undefined) current.text += text;
  };
  parser.on("text", append);
  parser.on("cdata", append);
  parser.on("closetag", () => open.pop());
  try {
    parser.write(xml).close();
    return root;
  } catch {
    return undefined;
  }
}

function byUs(xml: string): Tree | undefined {
  try {
    return treeOf(parseXml("one.x.info", xml));
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return undefined;
  }
}

const name = fc.stringMatching(/^[A-Z_][A-Za-z0-9_.-]{0,8}$/);
const escaped = fc
  .string({
    unit: fc.constantFrom(
      "a",
      "é",
      "ツ",
      " ",
      "\n",
      "&lt;",
      "&gt;",
      "&amp;",
      "&quot;",
      "&apos;",
      "&#65;",
      "&#x20ac;",
      '"',
    ),
  })
  .map((text) => text.replaceAll("]]>", ""));
const cdata = fc
  .string({ unit: fc.constantFrom("a", "<", ">", "&", "&lt;", "]", "é", "\r\n", "\r") })
  .map((text) => `<![CDATA[${text.replaceAll("]]>", "")}]]>`);
const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc
    .tuple(name, fc.array(fc.oneof({ maxDepth: 5 }, escaped, cdata, tie("document")), { maxLength: 4 }), fc.boolean())
    .map(([tag, parts, short]) => (parts.length === 0 && short ? `<${tag}/>` : `<${tag}>${parts.join("")}</${tag}>`)),
}));

it("reads any document of oned's form as saxes does", () => {
  fc.assert(
    fc.property(document, (xml) => {
      const tree = bySaxes(xml);
      expect(tree).toBeDefined();
      expect(byUs(xml)).toEqual(tree);
    }),
  );
});

it("takes no damaged document that saxes refuses, and reads the others alike or refuses them", () => {
  const damage = fc.constantFrom(
    "",
    "<",
    ">",
    "&",
    "/",
    "]]>",
    "<!--x-->",
    "<!DOCTYPE A>",
    "<?p?>",
    ' a="b"',
    "\u0000",
    "x",
  );
  let refused = 0;
  fc.assert(
    fc.property(document, fc.nat(), fc.nat(3), damage, (xml, at, cut, piece) => {
      const place = at % (xml.length + 1);
      const damaged = xml.slice(0, place) + piece + xml.slice(place + cut);
      const ours = byUs(damaged);
      if (ours === undefined) refused += 1;
      else expect(ours).toEqual(bySaxes(damaged));
    }),
    { numRuns: 1000 },
  );
  expect(refused).toBeGreaterThan(100);
});

it("reads every recorded document as saxes does", () => {
  const documents = loadRecordings().flatMap(([, recordings]) =>
    recordings.flatMap(({ result }) => {
      const content = Array.isArray(result?.value) ? result.value[1]?.value : undefined;
      return typeof content === "string" && content.startsWith("<") ? [content] : [];
    }),
  );
  expect(documents.length).toBeGreaterThan(100);
  for (const xml of documents) expect(byUs(xml)).toEqual(bySaxes(xml));
});

it("ends on any text, with a tree or with a TransportError", () => {
  const noise = fc.string({
    unit: fc.constantFrom("<", ">", "/", "!", "[", "]", "&", ";", "A", "![CDATA[", "]]>", "\ud800", " "),
  });
  fc.assert(fc.property(fc.oneof(noise, fc.string({ unit: "binary" })), (xml) => void byUs(xml)));
});

it("hands members over one by one and does not keep them", () => {
  const names: string[] = [];
  const root = parseXml("", "<P><A><B>1</B></A><C/></P>", ({ name: one }) => names.push(one));
  expect(names).toEqual(["A", "C"]);
  expect(root.isLeaf).toBe(true);
});
