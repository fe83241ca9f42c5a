// SPDX-License-Identifier: Apache-2.0
/** One policy pack: its process, its configuration, and the questions it is asked. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { Metadata, credentials, status } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/analyzer_pb";
import { parse } from "yaml";
import { CHANNEL_OPTIONS, call, hasCode } from "./grpc";
import { PluginProcess } from "./plugin-process";
import type { LineSink } from "./plugin-process";
import { policyConfiguration } from "./policy-config";
import { SDK_PRELOADS } from "./preloads";
import type { StackConfig } from "./project";
import type { UrnScope } from "./urn";
import { isObject } from "./values";
import type { Value } from "./values";

/** How long a pack may take to answer, in milliseconds. */
const LIMIT = 10 * 60 * 1000;

export interface PackOptions {
  dir: string;
  configFile?: string;
  engineAddress: string;
  scope: UrnScope;
  preview: boolean;
  config: StackConfig;
  env: NodeJS.ProcessEnv;
  onLine: LineSink;
}

export class PolicyPack {
  private constructor(
    private readonly process: PluginProcess,
    private readonly client: AnalyzerClient,
    readonly version: string,
  ) {}

  /** Starts and configures a pack. @throws Error when its folder or its configuration is wrong */
  static async start(options: PackOptions): Promise<PolicyPack> {
    const { dir, scope, preview, config } = options;
    const manifest = join(dir, "PulumiPolicy.yaml");
    if (!existsSync(manifest)) throw new Error(`${manifest}: no such file; a policy pack is a folder that holds it`);
    const content = parse(readFileSync(manifest, "utf8")) as Value;
    const runtime = runtimeOf(content);
    const require = createRequire(join(dir, "package.json"));
    const script = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const process = await PluginProcess.start(
      {
        label: `policy pack ${basename(dir)}`,
        file: globalThis.process.execPath,
        args: [...SDK_PRELOADS, ...runtime.nodeArgs, script, options.engineAddress, dir],
        cwd: dir,
        env: {
          ...options.env,
          PULUMI_CONFIG: JSON.stringify(config.values),
          PULUMI_NODEJS_ORGANIZATION: "organization",
          PULUMI_NODEJS_PROJECT: scope.project,
          PULUMI_NODEJS_STACK: scope.stack,
          PULUMI_NODEJS_DRY_RUN: String(preview),
          PULUMI_NODEJS_TYPESCRIPT: runtime.typescript ? "true" : undefined,
        },
      },
      options.onLine,
    );
    const client = new AnalyzerClient(process.address, credentials.createInsecure(), CHANNEL_OPTIONS);
    const pack = new PolicyPack(process, client, versionOf(content, dir));
    try {
      await pack.configureStack(options);
      await pack.configure(options.configFile);
    } catch (error) {
      await pack.stop();
      throw error;
    }
    return pack;
  }

  private ask<A>(method: string, request: unknown): Promise<A> {
    return call<unknown, A>(this.client, method, request, { metadata: new Metadata(), limit: LIMIT });
  }

  private async configureStack({ scope, preview, config }: PackOptions): Promise<void> {
    const request = new pb.AnalyzerStackConfigureRequest();
    request.setStack(scope.stack);
    request.setProject(scope.project);
    request.setOrganization("organization");
    request.setDryRun(preview);
    for (const [key, value] of Object.entries(config.values)) request.getConfigMap().set(key, value);
    request.setConfigSecretKeysList([...config.secretKeys]);
    await this.ask("configureStack", request).catch((error: unknown) => {
      if (!hasCode(error, status.UNIMPLEMENTED)) throw error;
    });
  }

  /** Hands every policy its level and its settings. @throws Error naming every setting that its policy does not accept */
  private async configure(file: string | undefined): Promise<void> {
    const info = await this.ask<pb.AnalyzerInfo>("getAnalyzerInfo", new Empty());
    if (info.getPoliciesList().length === 0) return;
    await this.ask("configure", policyConfiguration(info, file));
  }

  async remediate(request: pb.AnalyzeRequest): Promise<pb.Remediation[]> {
    try {
      return (await this.ask<pb.RemediateResponse>("remediate", request)).getRemediationsList();
    } catch (error) {
      if (hasCode(error, status.UNIMPLEMENTED)) return [];
      throw error;
    }
  }

  async analyze(request: pb.AnalyzeRequest): Promise<pb.AnalyzeDiagnostic[]> {
    return (await this.ask<pb.AnalyzeResponse>("analyze", request)).getDiagnosticsList();
  }

  async analyzeStack(request: pb.AnalyzeStackRequest): Promise<pb.AnalyzeDiagnostic[]> {
    return (await this.ask<pb.AnalyzeResponse>("analyzeStack", request)).getDiagnosticsList();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.process.stop();
  }
}

function runtimeOf(manifest: Value): { typescript: boolean; nodeArgs: string[] } {
  const runtime = isObject(manifest) ? manifest.runtime : undefined;
  const options = isObject(runtime) && isObject(runtime.options) ? runtime.options : {};
  const args = typeof options.nodeargs === "string" ? options.nodeargs : "";
  return { typescript: options.typescript !== false, nodeArgs: args.split(/\s+/).filter(Boolean) };
}

/** The manifest's version goes before the package's. */
function versionOf(manifest: Value, dir: string): string {
  if (isObject(manifest) && typeof manifest.version === "string") return manifest.version;
  const { version } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as { version?: string };
  return version ?? "0.0.0";
}
