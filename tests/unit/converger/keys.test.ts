// SPDX-License-Identifier: Apache-2.0
// How the converger fetches the key of a package repository.
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { convergerFile } from "../../../components/host/program";

const FETCH = `import importlib.util, sys
spec = importlib.util.spec_from_file_location("converger", sys.argv[1])
converger = importlib.util.module_from_spec(spec)
spec.loader.exec_module(converger)
try:
    print(converger.fetch_key(sys.argv[2]))
except converger.Failure as failure:
    sys.exit(failure.message)`;
const KEY = "-----BEGIN PGP PUBLIC KEY BLOCK-----";

/** What is printed when the server answers with these, one after the other, and how often it was asked. */
async function fetched(answers: [status: number, body: string][]): Promise<{ said: string; asked: number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    const [status, body] = answers[asked++] ?? [500, ""];
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key`;
  const program = convergerFile();
  try {
    const said = await new Promise<string>((done) =>
      execFile("python3", ["-B", "-c", FETCH, program, url], (_, stdout, stderr) => done(stdout + stderr)),
    );
    return { said: said.trim(), asked };
  } finally {
    server.close();
  }
}

test("a server that is busy is asked again", async () => {
  const answers: [number, string][] = [
    [503, ""],
    [200, KEY],
  ];
  expect(await fetched(answers)).toEqual({ said: KEY, asked: 2 });
}, 30_000);

test("a server that does not have it is believed", async () => {
  const { said, asked } = await fetched([[404, ""]]);
  expect(asked).toBe(1);
  expect(said).toMatch(/the repository's key cannot be fetched: HTTP Error 404/);
}, 30_000);
