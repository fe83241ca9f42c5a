// SPDX-License-Identifier: Apache-2.0

import fc from "fast-check";
import { merge, parseTemplate, renderTemplate, TemplateError } from "../../../lab/opennebula/oned/template";

describe("templates", () => {
  test.each([
    ['B="2"\na="1"', "<A><![CDATA[1]]></A><B><![CDATA[2]]></B>"],
    ['V=[ Z="1",\n  A=2 ]', "<V><A><![CDATA[2]]></A><Z><![CDATA[1]]></Z></V>"],
    ['# remark\nA="say \\"hi\\" c:\\\\x\\n" # more', '<A><![CDATA[say "hi" c:\\\\x\\n]]></A>'],
    ['A=""\nV=[ ]', "<A><![CDATA[]]></A>"],
    ["<ANY><A>1</A><E/><V><X>2</X></V></ANY>", "<A><![CDATA[1]]></A><V><X><![CDATA[2]]></X></V>"],
    ['A="1" B="2"', "<A><![CDATA[1]]></A><B><![CDATA[2]]></B>"],
  ])("%s", (text, xml) => expect(renderTemplate(parseTemplate(text))).toBe(xml));

  test.each(["A=b c", 'A-B="1"', '1A="3"', 'A="x', "A=[B=1", 'A="]]>"', "<T><A>]]&gt;</A></T>"])(
    "%s is refused",
    (text) => expect(() => parseTemplate(text)).toThrow(TemplateError),
  );

  test("merging replaces every attribute of a name that the new template has", () => {
    const merged = merge(parseTemplate('A="1"\nA="2"\nB="3"'), parseTemplate('A="4"'));
    expect(renderTemplate(merged)).toBe("<A><![CDATA[4]]></A><B><![CDATA[3]]></B>");
  });

  test("any quoted value comes back as it was", () => {
    // A backslash before a quote is the escape itself, and the end of a CDATA section cannot be stored.
    const storable = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\\") && !value.includes("]]>"));
    fc.assert(
      fc.property(storable, (value) => {
        const [attribute] = parseTemplate(`A="${value.replaceAll('"', '\\"')}"`);
        expect(attribute).toEqual({ name: "A", value });
      }),
    );
  });
});
