// SPDX-License-Identifier: Apache-2.0
import { Secret } from "../../../provider/grpc/provider";
import { checkConfig, credentials, diffConfig } from "../../../lab/plugins/scaleway/configuration";

const uuid = (digit: string): string => [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join("-");
const environment = {
  SCW_ACCESS_KEY: "SCWXXXXXXXXXXXXXXXXX",
  SCW_SECRET_KEY: uuid("1"),
  SCW_DEFAULT_PROJECT_ID: uuid("2"),
};

describe("credentials", () => {
  test("the environment beats the arguments, even with nothing", () => {
    const args = { region: "nl-ams", projectId: uuid("6"), zone: "nl-ams-1" };
    expect(credentials(args, { ...environment, SCW_DEFAULT_REGION: "pl-waw" })).toMatchObject({
      region: "pl-waw",
      projectId: uuid("2"),
      zone: "nl-ams-1",
      apiUrl: "https://api.scaleway.com",
    });
    expect(() => credentials(args, { ...environment, SCW_DEFAULT_PROJECT_ID: "" })).toThrow(
      /default project ID cannot be empty/,
    );
  });

  test("region and zone have defaults", () => {
    expect(credentials({}, environment)).toMatchObject({ region: "fr-par", zone: "fr-par-1", organizationId: "" });
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ SCW_ACCESS_KEY: "nope" }, /invalid access key format 'nope'/],
    [{ SCW_SECRET_KEY: "" }, /secret key cannot be empty/],
    [{ SCW_DEFAULT_PROJECT_ID: "nope" }, /invalid project ID format 'nope'/],
    [{ SCW_DEFAULT_ORGANIZATION_ID: "nope" }, /invalid organization ID format 'nope'/],
    [{ SCW_DEFAULT_REGION: "Paris" }, /invalid default region format 'Paris'/],
    [{ SCW_DEFAULT_ZONE: "mars-1" }, /invalid default zone format 'mars-1'/],
    [{ SCW_API_URL: "api.example.test" }, /invalid url/],
    [{ SCW_API_URL: "http://127.0.0.1:1/" }, /should not have trailing slash/],
  ])("%j is refused", (variables, words) => {
    expect(() => credentials({}, { ...environment, ...variables })).toThrow(words);
  });

  test("a malformed secret key is not repeated", () => {
    const refuse = (): unknown => credentials({}, { ...environment, SCW_SECRET_KEY: "canary-secret" });
    expect(refuse).toThrow(/invalid secret key format/);
    expect(refuse).not.toThrow(/canary/);
  });
});

describe("checkConfig", () => {
  test("fills arguments from the environment and hides the keys", () => {
    expect(checkConfig({ region: "nl-ams" }, { ...environment, SCW_DEFAULT_REGION: "fr-par" })).toEqual({
      inputs: {
        region: "nl-ams",
        projectId: uuid("2"),
        accessKey: new Secret("SCWXXXXXXXXXXXXXXXXX"),
        secretKey: new Secret(uuid("1")),
      },
      failures: [],
    });
  });

  test("refuses what is no UUID, without the secret", () => {
    const { failures } = checkConfig({ secretKey: "canary", projectId: "nope" }, {});
    expect(failures.map(({ reason }) => reason).join("\n")).toMatch(/scaleway:secretKey[^]*invalid UUID: nope/);
    expect(JSON.stringify(failures)).not.toContain("canary");
  });
});

test("a changed argument of the provider is an update, never a replacement", () => {
  expect(diffConfig({ region: "a", zone: "z" }, { region: "b", zone: "z" })).toEqual({
    changes: "some",
    diffs: ["region"],
    detailedDiff: { region: { kind: "update", inputDiff: true } },
  });
  expect(diffConfig({ secretKey: new Secret("x") }, { secretKey: "x" })).toEqual({ changes: "none" });
});
