// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const SECONDS = 60;

/**
 * Prints a page to a PDF by a headless Chromium of this machine.
 *
 * @throws Error that says what to install where there is none, and what the browser said where it fails.
 */
export async function writePdf(html: string, file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "validate-pdf-"));
  try {
    const page = join(folder, "page.html");
    const printed = join(folder, "page.pdf");
    writeFileSync(page, html);
    const flags = ["--headless", "--disable-gpu", "--no-first-run", `--user-data-dir=${join(folder, "profile")}`];
    // Chromium refuses its own sandbox to root; the page has no script and loads nothing.
    if (process.getuid?.() === 0) flags.push("--no-sandbox");
    const said = await print([
      ...flags,
      "--no-pdf-header-footer",
      `--print-to-pdf=${printed}`,
      pathToFileURL(page).href,
    ]);
    if (!existsSync(printed)) throw new Error(`--pdf: the browser wrote nothing: ${said}`);
    copyFileSync(printed, `${file}.new`);
    renameSync(`${file}.new`, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the first browser that there is. @returns the last that it said */
async function print(argv: readonly string[]): Promise<string> {
  for (const browser of BROWSERS) {
    const said = await runBrowser(browser, argv);
    if (said !== undefined) return said;
  }
  throw new Error("--pdf: no Chromium is installed on this machine; apt-get install chromium, or take --html");
}

/** Undefined where there is no such program. */
function runBrowser(browser: string, argv: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(browser, argv, { env: process.env, stdio: ["ignore", "ignore", "pipe"] });
    // Not spawn's own timeout, which keeps this process for that long where there is no such program.
    const timer = setTimeout(() => child.kill("SIGKILL"), SECONDS * 1000);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      if (error.code === "ENOENT") resolve(undefined);
      else reject(error);
    });
    child.once("close", () => {
      clearTimeout(timer);
      resolve(said.trim().split("\n").at(-1) ?? "");
    });
  });
}
