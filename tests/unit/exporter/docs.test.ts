// SPDX-License-Identifier: Apache-2.0
// The table of metrics in the docs is what the exporter says of a cloud that has some of everything; alerts ask for nothing else.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { alertGroups } from "../../../components/monitoring/alerts";
import { AlertModel, defaultThresholds } from "../../../components/monitoring/model";
import { judge } from "../../helpers/tools";
import { MadeUpOned } from "./made-up-oned";
import { declaredIn, exporterOf, valuesOf } from "./support";

const NOW = Math.floor(Date.now() / 1000);
const backup = (id: number, vm: number, age: number, increments = ""): string =>
  `<IMAGE><ID>${id}</ID><NAME>b${id}</NAME><TYPE>6</TYPE><STATE>1</STATE><REGTIME>${NOW - age}</REGTIME>` +
  `<VMS><ID>${vm}</ID></VMS><BACKUP_INCREMENTS>${increments}</BACKUP_INCREMENTS></IMAGE>`;
const increment = (age: number): string =>
  `<INCREMENT><ID>1</ID><TYPE>INCREMENT</TYPE><DATE>${NOW - age}</DATE></INCREMENT>`;
const answers = {
  "one.hostpool.info":
    "<HOST_POOL><HOST><ID>1</ID><NAME>h1</NAME><STATE>2</STATE><HOST_SHARE><MAX_CPU>800</MAX_CPU><CPU_USAGE>200</CPU_USAGE>" +
    "<MAX_MEM>1024</MAX_MEM><MEM_USAGE>512</MEM_USAGE></HOST_SHARE><VMS><ID>1</ID></VMS></HOST></HOST_POOL>",
  "one.datastorepool.info":
    "<DATASTORE_POOL><DATASTORE><ID>0</ID><NAME>system</NAME><TOTAL_MB>0</TOTAL_MB><FREE_MB>0</FREE_MB></DATASTORE>" +
    "<DATASTORE><ID>1</ID><NAME>default</NAME><TOTAL_MB>100</TOTAL_MB><FREE_MB>40</FREE_MB></DATASTORE></DATASTORE_POOL>",
  "one.imagepool.info": `<IMAGE_POOL>${backup(9, 1, 9000, increment(600))}${backup(8, 2, 7200)}${backup(7, 2, 90_000)}${backup(6, 77, 5)}</IMAGE_POOL>`,
  "one.grouppool.info":
    "<GROUP_POOL><GROUP><ID>100</ID><NAME>team</NAME></GROUP><QUOTAS><ID>100</ID><VM_QUOTA><VM><VMS>4</VMS><VMS_USED>1</VMS_USED>" +
    "</VM></VM_QUOTA></QUOTAS></GROUP_POOL>",
};

let oned: MadeUpOned;
let page: string;
beforeAll(async () => {
  oned = await new MadeUpOned(3).start();
  oned.answers = answers;
  page = await exporterOf(oned.port, undefined, () => Promise.resolve(true)).collector.page();
});
afterAll(() => oned.end());

const documented = readFileSync(resolve(__dirname, "../../../docs/operations/exporter.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `opennebula_"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test("the table in docs/operations/exporter.md", () => {
  const cells = declaredIn(page).map(({ name, type, labels, help }) => [`\`${name}\``, type, labels, help]);
  const sorted = (rows: string[][]): string[][] => [...rows].sort((a, b) => a[0]!.localeCompare(b[0]!));
  expect(sorted(documented)).toEqual(sorted(cells));
});

test("alerts stand on numbers that there are", () => {
  const model = new AlertModel(defaultThresholds, { scrapeSeconds: 15, scale: 1 });
  const rules = alertGroups(model).flatMap(({ alerts }) => alerts.map(({ expr }) => expr));
  const used = rules.flatMap((expr) => expr.match(/\bopennebula_(?!scaleway_)\w+/g) ?? []);
  expect(used.length).toBeGreaterThan(5);
  const names = declaredIn(page).map(({ name }) => name);
  expect(used.filter((name) => !names.includes(name))).toEqual([]);
});

test("a backup is as old as its newest part, and those of VMs that are gone count for nobody", () => {
  const ages = Object.entries(valuesOf(page)).filter(([name]) => name.startsWith("opennebula_vm_backup_age_seconds"));
  const rounded = ages.map(([name, value]) => [name, Math.round(value / 60) * 60]);
  expect(Object.fromEntries(rounded)).toEqual({
    'opennebula_vm_backup_age_seconds{vm="1"}': 600,
    'opennebula_vm_backup_age_seconds{vm="2"}': 7200,
  });
});

test("a datastore without a size of its own has no numbers that could be divided by", () => {
  const names = Object.keys(valuesOf(page)).filter((name) => name.startsWith("opennebula_datastore"));
  expect(names).toEqual([
    'opennebula_datastore_free_bytes{datastore="default"}',
    'opennebula_datastore_total_bytes{datastore="default"}',
  ]);
});

test("promtool has nothing against it", () =>
  expect(judge("promtool", ["check", "metrics"], page)).toEqual({ status: 0, output: "" }));
