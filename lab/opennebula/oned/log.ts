// SPDX-License-Identifier: Apache-2.0

/** Writes lines as oned does: `Sun Nov 22 18:00:08 2026 [Z0][ReM][I]: text`. */
export interface Log {
  error(module: string, text: string): void;
  warn(module: string, text: string): void;
  info(module: string, text: string): void;
  debug(module: string, text: string): void;
}

/** A message with the time, as objects show their last error. `now` is in seconds since the epoch. */
export function errorText(now: number, message: string): string {
  return `${ctime(new Date(now * 1000))} : ${message}`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The day is padded with a blank. */
function ctime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const day = `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2)}`;
  return `${day} ${time} ${date.getFullYear()}`;
}

/** One line, without its end. */
export function logLine(date: Date, level: "E" | "W" | "I" | "D", module: string, text: string): string {
  return `${ctime(date)} [Z0][${module}][${level}]: ${text.replace(/\n/g, "\\n")}`;
}

/** A log that hands its lines to `write`; levels as in oned.conf's LOG/DEBUG_LEVEL (0 error, 1 warning, 2 info, 3 debug). */
export function log(write: (line: string) => void, debugLevel = 3): Log {
  const at = (needed: number, level: "E" | "W" | "I" | "D") => (module: string, text: string) => {
    if (debugLevel >= needed) write(logLine(new Date(), level, module, text));
  };
  return { error: at(0, "E"), warn: at(1, "W"), info: at(2, "I"), debug: at(3, "D") };
}

const silent = (): void => undefined;
export const silentLog: Log = { error: silent, warn: silent, info: silent, debug: silent };
