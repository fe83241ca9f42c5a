// SPDX-License-Identifier: Apache-2.0
/** A state's options in the form in which hooks of the program get them. */
import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import { RegisterResourceRequest, ResourceOptions } from "@pulumi/pulumi/proto/resource_pb";
import type { CustomTimeouts, ResourceState } from "./types";

function timeoutsOf({ create, update, delete: deleting }: CustomTimeouts): RegisterResourceRequest.CustomTimeouts {
  const text = (seconds: number | undefined): string => (seconds ? `${String(seconds)}s` : "");
  const timeouts = new RegisterResourceRequest.CustomTimeouts();
  timeouts.setCreate(text(create));
  timeouts.setUpdate(text(update));
  timeouts.setDelete(text(deleting));
  return timeouts;
}

function hooksOf(names: Record<string, string[]>): RegisterResourceRequest.ResourceHooksBinding {
  const hooks = new RegisterResourceRequest.ResourceHooksBinding();
  hooks.setBeforeCreateList(names.BeforeCreate ?? []);
  hooks.setAfterCreateList(names.AfterCreate ?? []);
  hooks.setBeforeUpdateList(names.BeforeUpdate ?? []);
  hooks.setAfterUpdateList(names.AfterUpdate ?? []);
  hooks.setBeforeDeleteList(names.BeforeDelete ?? []);
  hooks.setAfterDeleteList(names.AfterDelete ?? []);
  hooks.setOnErrorList(names.OnError ?? []);
  return hooks;
}

/** The options that a resource was registered with, as far as its state keeps them. */
export function optionsOfState(state: ResourceState): ResourceOptions {
  const options = new ResourceOptions();
  options.setDependsOnList(state.dependencies ?? []);
  options.setIgnoreChangesList(state.ignoreChanges ?? []);
  options.setReplaceOnChangesList(state.replaceOnChanges ?? []);
  options.setProvider(state.provider ?? "");
  options.setDeletedWith(state.deletedWith ?? "");
  options.setImport(state.importID ?? "");
  options.setHideDiffList(state.hideDiff ?? []);
  options.setReplaceWithList(state.replaceWith ?? []);
  options.setAdditionalSecretOutputsList(state.additionalSecretOutputs ?? []);
  options.setProtect(state.protect === true);
  options.setRetainOnDelete(state.retainOnDelete === true);
  options.setAliasesList(
    (state.aliases ?? []).map((urn) => {
      const alias = new Alias();
      alias.setUrn(urn);
      return alias;
    }),
  );
  if (Object.keys(state.customTimeouts ?? {}).length > 0)
    options.setCustomTimeouts(timeoutsOf(state.customTimeouts ?? {}));
  if (Object.keys(state.resourceHooks ?? {}).length > 0) options.setHooks(hooksOf(state.resourceHooks ?? {}));
  return options;
}
