// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { checkout } from "../../lab/hosts/layout";

/** Answers `one.vmpool.info` on a local socket, from another thread. */
export interface PoolServer {
  /** An endpoint with a pool of that many VMs. */
  endpoint(vms: number): string;
  close(): Promise<void>;
}

interface Recording {
  name: string;
  response: { body: string };
}

const RECORDED = "397_one.vmpool.info__state-active";

/** The recorded answer in parts: what is before, each VM, what is after. All of it is escaped as it was sent. */
function recordedPool(): { head: string; vms: string[]; tail: string } {
  const lines = readFileSync(join(checkout, "tests/recordings/oned/13_vm.jsonl"), "utf8").split("\n");
  const recordings = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Recording);
  const body = recordings.find(({ name }) => name === RECORDED)?.response.body ?? "";
  const parts = /^(.*?&lt;VM_POOL&gt;)(.*)(&lt;\/VM_POOL&gt;.*)$/s.exec(body);
  const [, head = "", members = "", tail = ""] = parts ?? [];
  const vms = members.split(/(?=&lt;VM&gt;)/).sort((a, b) => b.length - a.length);
  if (vms.length < 2) throw new Error(`no recorded pool ${RECORDED}`);
  return { head, vms, tail };
}

/**
 * The server. Every other VM is the recorded one with two disks and two interfaces, the rest have neither: 2.3 kB a VM, as measured
 * on a real oned with a thousand running VMs. Answers are kept, so that only the first of a kind costs time.
 */
const SERVER = `
const { createServer } = require("node:http");
const { parentPort, workerData: { head, vms, tail } } = require("node:worker_threads");
const [rich, ...plain] = vms;
const answers = new Map();
function answer(total, start, size) {
  const members = [];
  for (let id = total - 1 - start; id >= 0 && members.length < size; id -= 1) {
    const vm = id % 2 === 0 ? rich : plain[(id >> 1) % plain.length];
    members.push(vm.replace(/(?<=&lt;ID&gt;)\\d+/, id).replace(/(?<=&lt;NAME&gt;)[^&]*/, "vm-" + id));
  }
  return Buffer.from(head + members.join("") + tail);
}
const server = createServer((question, reply) => {
  let body = "";
  question.on("data", (chunk) => { body += chunk; });
  question.on("end", () => {
    const total = Number(question.url.slice(1));
    const [, start, end] = Array.from(body.matchAll(/<(?:i4|int)>(-?\\d+)</g), ([, value]) => Number(value));
    const key = [total, start, end].join();
    if (!answers.has(key)) answers.set(key, answer(total, start, -end));
    reply.writeHead(200, { "Content-Type": "text/xml; charset=utf-8", Connection: "close" });
    reply.end(answers.get(key));
  });
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

export async function startPool(): Promise<PoolServer> {
  const worker = new Worker(SERVER, { eval: true, workerData: recordedPool() });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return {
    endpoint: (vms) => `http://127.0.0.1:${port}/${vms}`,
    close: async () => {
      await worker.terminate();
    },
  };
}
