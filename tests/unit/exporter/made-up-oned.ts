// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A VM with the parts that oned's list has and about their size: 2.4 KB. */
function vmXml(id: number): string {
  const tags = (names: Record<string, string | number>): string =>
    Object.entries(names)
      .map(([name, value]) => `<${name}>${typeof value === "string" ? `<![CDATA[${value}]]>` : value}</${name}>`)
      .join("");
  const disk = tags({ DISK_ID: "0", DATASTORE: "default", DATASTORE_ID: "1", IMAGE: "Debian 12", IMAGE_ID: "7" });
  const rule = tags({ PROTOCOL: "TCP", RULE_TYPE: "INBOUND", SECURITY_GROUP_ID: "0", SECURITY_GROUP_NAME: "default" });
  const nic = tags({ NIC_ID: "0", NETWORK: "private", NETWORK_ID: "0", BRIDGE: "onebr0", MAC: "02:00:0a:01:02:64" });
  const history = tags({ OID: id, SEQ: 0, HOSTNAME: "host01", HID: 1, CID: 0, STIME: 1_700_000_000, ETIME: 0 });
  const owner = tags({ UID: 2, GID: 100 + (id % 5), UNAME: "dora", GNAME: `group${id % 5}`, NAME: `vm-${id}` });
  return [
    `<VM><ID>${id}</ID>${owner}<LAST_POLL>1700000100</LAST_POLL><STATE>${id % 10 === 0 ? 1 : 3}</STATE>`,
    `<LCM_STATE>${id % 10 === 0 ? 0 : 3}</LCM_STATE><RESCHED>0</RESCHED><STIME>1700000000</STIME><ETIME>0</ETIME>`,
    `<DEPLOY_ID><![CDATA[one-${id}]]></DEPLOY_ID><TEMPLATE>`,
    `<DISK>${disk}</DISK>${`<SECURITY_GROUP_RULE>${rule}</SECURITY_GROUP_RULE>`.repeat(4)}<NIC>${nic}</NIC>`,
    `${tags({ CPU: "1", MEMORY: "2048", VMID: String(id), VCPU: "2" })}</TEMPLATE>`,
    `<MONITORING>${tags({ CPU: "3.2", MEMORY: "1048576", STATE: "a", NETTX: "12345", NETRX: "54321" })}</MONITORING>`,
    `<USER_TEMPLATE>${tags({ LOGO: "images/logos/debian.png", LABELS: "web", NOTE: "x".repeat(600) })}</USER_TEMPLATE>`,
    `<HISTORY_RECORDS><HISTORY>${history}</HISTORY></HISTORY_RECORDS></VM>`,
  ].join("");
}

const EMPTY: Record<string, string> = {
  "one.hostpool.info": "<HOST_POOL></HOST_POOL>",
  "one.imagepool.info": "<IMAGE_POOL></IMAGE_POOL>",
  "one.datastorepool.info": "<DATASTORE_POOL></DATASTORE_POOL>",
  "one.userpool.info": "<USER_POOL></USER_POOL>",
  "one.grouppool.info": "<GROUP_POOL></GROUP_POOL>",
  "one.hooklog.info": "<HOOKLOG></HOOKLOG>",
  "one.zone.raftstatus":
    "<RAFT><SERVER_ID>2</SERVER_ID><STATE>2</STATE><COMMIT>40</COMMIT><LOG_INDEX>52</LOG_INDEX></RAFT>",
  "one.system.version": "7.0.0",
};

/** A server that answers as oned does, of a made-up cloud, and watches how it is asked. */
export class MadeUpOned {
  readonly calls: string[] = [];
  /** Most connections at once that oned would have been busy with: each from its beginning until it is answered. */
  most = 0;
  /** How long each answer is kept back. */
  delayMs = 0;
  /** Methods that never get an answer; all of them with `true`. */
  silent: boolean | string = false;
  /** VMs of the pool as XML, newest first. */
  vms: string[] = [];
  /** By method; what is not here is empty. */
  answers: Record<string, string> = {};
  private readonly pages = new Map<string, string>();
  private readonly open = new Set<Socket>();
  private readonly server: Server;

  constructor(count = 0) {
    this.vms = Array.from({ length: count }, (_, index) => vmXml(count - index));
    this.server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => setTimeout(() => this.answer(body, response), this.delayMs));
    });
    this.server.on("connection", (socket) => {
      this.open.add(socket);
      this.most = Math.max(this.most, this.open.size);
      socket.on("close", () => this.open.delete(socket));
    });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(port, "127.0.0.1", () => resolve()));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private answer(body: string, response: ServerResponse): void {
    const method = /<methodName>([^<]*)/.exec(body)?.[1] ?? "";
    this.calls.push(method);
    if (this.silent === true || this.silent === method) return;
    const text = method === "one.vmpool.info" ? this.pool(body) : (this.answers[method] ?? EMPTY[method]);
    if (text === undefined) throw new Error(`${method} is not made up`);
    // Put together once: what is measured is the exporter and not this.
    const page = this.pages.get(text) ?? envelope(text);
    this.pages.set(text, page);
    const { socket } = response;
    response.writeHead(200, { "Content-Type": "text/xml", Connection: "close" }).end(page, () => {
      if (socket) this.open.delete(socket);
    });
  }

  private pool(body: string): string {
    const numbers = [...body.matchAll(/<(?:int|i4)>(-?\d+)</g)].map((match) => Number(match[1]));
    const [, offset = 0, end = 0] = numbers;
    return `<VM_POOL>${this.vms.slice(offset, offset - end).join("")}</VM_POOL>`;
  }
}

function envelope(text: string): string {
  const values = ["<boolean>1</boolean>", `<string>${escape(text)}</string>`, "<i4>0</i4>"];
  const data = values.map((value) => `<value>${value}</value>`).join("");
  return `<?xml version="1.0"?><methodResponse><params><param><value><array><data>${data}</data></array></value></param></params></methodResponse>`;
}
