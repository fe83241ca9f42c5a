// SPDX-License-Identifier: Apache-2.0

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for XML and HTML, in elements and in attributes; characters that XML cannot hold become question marks. */
export function escapeMarkup(text: string): string {
  const writable = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "?");
  return writable.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
