// SPDX-License-Identifier: Apache-2.0

/** One word of a POSIX shell's command line that reads as the text does. */
export function quoteWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command line that runs exactly these words. */
export function commandLine(words: readonly string[]): string {
  return words.map(quoteWord).join(" ");
}
