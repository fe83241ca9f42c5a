// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { ownedFromXml, type Owned } from "./parts";

/** A template that is kept to make VMs or networks of it. */
export interface StoredTemplate extends Owned {
  /** Seconds since 1970. */
  registeredAt: number;
  template: Template;
}

export function storedTemplateFromXml(element: XmlElement): StoredTemplate {
  return {
    ...ownedFromXml(element),
    registeredAt: element.int("REGTIME", 0),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}
