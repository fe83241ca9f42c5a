// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(__dirname, "../../..");
const pages = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((page) => page !== "" && !page.startsWith("tests/recordings/") && existsSync(join(root, page)));

/** The anchor that a heading gets: lower case, words joined by hyphens, other signs dropped. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, "")
    .trim()
    .replaceAll(" ", "-");

function anchorsOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!));
}

test.each(pages)("every link of %s leads somewhere", (page) => {
  const file = join(root, page);
  const targets = [...readFileSync(file, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  const dead = targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = "", fragment] = target.split("#");
      const to = path === "" ? file : join(dirname(file), path);
      return !existsSync(to) || (fragment !== undefined && !anchorsOf(to).includes(fragment));
    });
  expect(dead).toEqual([]);
});
