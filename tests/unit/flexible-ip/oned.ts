// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { vmXml, type TestVm } from "./world";

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** The two calls of oned that the driver makes, over HTTP, for the VMs of a world. */
export class OnedOfWorld {
  readonly calls: string[] = [];
  private readonly server: Server;

  constructor(private readonly vms: ReadonlyMap<number, TestVm>) {
    this.server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      request.on("end", () => response.setHeader("Content-Type", "text/xml").end(this.answer(body)));
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", () => resolve()));
    return this;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/RPC2`;
  }

  end(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(body: string): string {
    const method = /<methodName>([^<]*)/.exec(body)?.[1] ?? "";
    const numbers = [...body.matchAll(/<(?:int|i4)>(-?\d+)</g)].map((match) => Number(match[1]));
    this.calls.push(method);
    if (method === "one.vm.info") {
      const vm = this.vms.get(numbers[0] ?? -1);
      return vm ? envelope(true, vmXml(vm), 0) : envelope(false, `[one.vm.info] Error getting virtual machine`, 0x400);
    }
    const [, offset = 0, end = 0] = numbers;
    const page = [...this.vms.values()].slice(offset, offset - end);
    return envelope(true, `<VM_POOL>${page.map(vmXml).join("")}</VM_POOL>`, 0);
  }
}

function envelope(success: boolean, text: string, code: number): string {
  const values = [`<boolean>${success ? 1 : 0}</boolean>`, `<string>${escape(text)}</string>`, `<i4>${code}</i4>`];
  const data = values.map((value) => `<value>${value}</value>`).join("");
  return `<?xml version="1.0"?><methodResponse><params><param><value><array><data>${data}</data></array></value></param></params></methodResponse>`;
}
