// SPDX-License-Identifier: Apache-2.0

/**
 * The first character that oned's XML-RPC server refuses (fault -503), as a phrase, or undefined if there is none.
 * Measured on 7.0.0: C0 controls other than tab, LF and CR; surrogates, alone or in pairs (nothing outside the Basic Multilingual
 * Plane); U+FFFE and U+FFFF.
 */
export function refusedCharacter(value: string): string | undefined {
  const match = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/.exec(value);
  if (match === null) return undefined;
  const point = value.codePointAt(match.index) ?? 0;
  const shown = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
  if (point > 0xffff) return `${shown} (outside the Basic Multilingual Plane)`;
  return point >= 0xd800 && point <= 0xdfff ? `${shown} (half of a surrogate pair)` : `${shown} (control character)`;
}
