// SPDX-License-Identifier: Apache-2.0

import type { Method, Methods } from "../call";
import { authorize, create, takeName, template } from "../call";

/** Kinds that are made from a template alone. */
function fromTemplate(kind: "template" | "vntemplate" | "document"): Method {
  return (context, params) => {
    const parsed = template(params.string(0));
    const type = kind === "document" ? params.int(1) : 0;
    authorize(context, [
      "CREATE",
      { type: kind === "template" ? "TEMPLATE" : kind === "document" ? "DOCUMENT" : "VNTEMPLATE" },
    ]);
    const { name, rest } = takeName(parsed);
    const data = kind === "document" ? { type } : { regtime: context.now };
    return create(context, kind, { name, template: rest, data: data }).id;
  };
}

export const recordMethods: Methods = {
  "one.template.allocate": fromTemplate("template"),
  "one.vntemplate.allocate": fromTemplate("vntemplate"),
  "one.document.allocate": fromTemplate("document"),
};
