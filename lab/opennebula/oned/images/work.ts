// SPDX-License-Identifier: Apache-2.0

import type { Task, Work } from "../background";
import type { ImageResult } from "../drivers";
import type { Entity } from "../entities";
import { activate, removeSnapshot } from "../snapshots";
import { set } from "../template";
import { errorText } from "../log";
import type { ImageWork } from "./entity";
import { begin, processOf, rest } from "../vm/machine";
import { driverDatastore, imageJob } from "./job";
import { ImageState } from "./states";
import { endClone, unlocked } from "./use";

/** Copies of large images take their time. */
const COPY_SECONDS = 3600;
const MONITOR_SECONDS = 60;

/** The steps that images wait for. */
export function imageTasks(work: Work): Task[] {
  return work.state.all("image").flatMap((image) => {
    const step = image.data.work;
    if (step === undefined) return [];
    const task = { key: `image/${image.id}`, seconds: COPY_SECONDS };
    const current = (): Entity<"image"> | undefined => work.state.find("image", image.id);
    return [
      {
        ...task,
        run: (signal: AbortSignal) => run(work, image, step, signal),
        done: (result: ImageResult | undefined) => ended(work, current(), result),
        failed: (message: string) => failed(work, current(), message),
      },
    ];
  });
}

async function run(work: Work, image: Entity<"image">, step: ImageWork, signal: AbortSignal): Promise<unknown> {
  const { dsMad } = work.state.get("datastore", image.data.datastore).data;
  const driver = work.drivers.image(dsMad);
  if (driver === undefined) throw new Error(`no datastore driver ${dsMad}`);
  const job = imageJob(work, image, signal);
  switch (step.action) {
    case "cp":
    case "mkfs":
    case "clone":
      return driver[step.action](job);
    case "rm":
      return driver.rm(job);
  }
  return driver.snapshot(step.action, job);
}

function ended(work: Work, image: Entity<"image"> | undefined, result: ImageResult | undefined): void {
  const step = image?.data.work;
  if (image === undefined || step === undefined) return;
  const { data } = image;
  delete data.work;
  if (step.action === "rm") return work.state.remove("image", image.id);
  if (result !== undefined) {
    Object.assign(data, { source: result.source, format: result.format });
    data.sizeMb = result.sizeMb ?? data.sizeMb;
  }
  if (step.action === "mkfs" && step.saving !== undefined) {
    // Locked until the VM's driver has filled it.
    const vm = work.state.find("vm", step.saving.vm);
    if (vm !== undefined) begin(work, vm, step.saving.process, step.saving.subject);
    return work.state.touch("image", image);
  }
  if (step.action === "clone") endClone(work.state, step.from, image.id);
  if (data.snapshots !== undefined && "snapshot" in step) {
    if (step.action === "snap_delete") removeSnapshot(data.snapshots, step.snapshot);
    if (step.action === "snap_revert") activate(data.snapshots, step.snapshot);
    if (step.action === "snap_flatten") delete data.snapshots;
  }
  Object.assign(data, { state: unlocked(data.state), cloningId: -1, targetSnapshot: -1 });
  work.state.touch("image", image);
}

function failed(work: Work, image: Entity<"image"> | undefined, message: string): void {
  const step = image?.data.work;
  if (image === undefined || step === undefined) return;
  const { data } = image;
  delete data.work;
  if (step.action === "clone") endClone(work.state, step.from, image.id);
  // A snapshot operation that failed leaves the image as it was.
  const same = "snapshot" in step;
  Object.assign(data, { state: same ? unlocked(data.state) : ImageState.ERROR, cloningId: -1, targetSnapshot: -1 });
  image.template = set(image.template, "ERROR", errorText(work.now(), message));
  if (step.action === "mkfs" && step.saving !== undefined) {
    const vm = work.state.find("vm", step.saving.vm);
    if (vm !== undefined) rest(vm, processOf(step.saving.process).end);
    if (vm !== undefined) work.state.touch("vm", vm);
  }
  work.state.touch("image", image);
}

/** Datastores whose space was never looked at; until then nothing fits on them. */
export function datastoreTasks(work: Work): Task[] {
  return work.state.all("datastore").flatMap(({ id, data }) => {
    const driver = data.dsMad === "-" ? undefined : work.drivers.image(data.dsMad);
    if (driver === undefined || work.now() < (data.monitorAt ?? 0)) return [];
    const monitored = (space: Partial<typeof data>): void => {
      const current = work.state.find("datastore", id);
      if (current === undefined) return;
      Object.assign(current.data, space, {
        monitorAt: work.now() + work.config.number("MONITORING_INTERVAL_DATASTORE"),
      });
      work.state.touch("datastore", current);
    };
    return [
      {
        key: `datastore/${id}`,
        seconds: MONITOR_SECONDS,
        run: (signal: AbortSignal) => driver.monitor(driverDatastore(work, id), signal),
        done: monitored,
        failed: () => monitored({}),
      },
    ];
  });
}
