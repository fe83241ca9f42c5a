// SPDX-License-Identifier: Apache-2.0
export { buildTemplate, templateMistakes } from "./build";
export { parseTemplate } from "./parse";
export { attributeText, attributeValues, attributeVectors, templateFromXml } from "./template";
export type { Template, TemplateValue, TemplateVector } from "./template";
