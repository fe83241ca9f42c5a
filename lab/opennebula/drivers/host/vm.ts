// SPDX-License-Identifier: Apache-2.0

import { childOf, elementsOf, parseXml, textOf } from "../../oned/xml";
import type { XmlElement } from "../../oned/xml";

type Vector = Record<string, string>;

/** What network scripts read of a VM. */
export interface NetworkVm {
  id: number;
  /** The NICs that the action is about: the one that is being attached or detached, else all. */
  nics: Vector[];
  rules: Vector[];
  /** Old values of what a virtual network has changed. */
  before: Vector;
}

const vector = (element: XmlElement): Vector =>
  Object.fromEntries(elementsOf(element).map((part) => [part.name, textOf(part)]));

/** Reads the `<VM>` document that scripts get, base64, on standard input; `driver` picks the NICs. */
export function networkVm(base64: string, driver: string): NetworkVm {
  const vm = parseXml(Buffer.from(base64, "base64").toString("utf8"));
  const template = childOf(vm, "TEMPLATE");
  const id = childOf(vm, "ID");
  if (vm.name !== "VM" || template === undefined || id === undefined) {
    throw new Error("standard input is not a VM in base64");
  }
  const all = (name: string): Vector[] =>
    elementsOf(template)
      .filter((e) => e.name === name)
      .map(vector);
  const nics = all("NIC").filter((nic) => nic.VN_MAD === driver);
  const concerned = nics.filter((nic) => nic.ATTACH === "YES");
  return {
    id: Number(textOf(id)),
    nics: concerned.length > 0 ? concerned : nics,
    rules: all("SECURITY_GROUP_RULE"),
    before: all("VNET_UPDATE")[0] ?? {},
  };
}
