// SPDX-License-Identifier: Apache-2.0
import { BACKUP_DATASTORE } from "../../components/backup/plan";
import { attributeText, ImageState, ImageType, VmState, type Image, type OpenNebula } from "../../opennebula";
import { until } from "../until";

/** A backup of a VM, which OpenNebula keeps as an image. */
export interface VmBackup {
  image: number;
  vm: number;
  /** Undefined of a VM that is gone. */
  name?: string;
  /** Seconds since 1970. */
  takenAt: number;
  megabytes: number;
}

/** What a restore of a VM is to do. */
export interface VmRestoreRequest {
  /** Name or number. */
  vm: string;
  /** The backup's image. @default the newest of the VM */
  image?: number;
  /** Datastore of the images that it makes. @default "default" */
  datastore?: string;
  /** Put the disks back into the VM, which must be powered off, instead of making images and a template. */
  inPlace?: boolean;
}

export interface VmRestorePlan {
  backup: VmBackup;
  inPlace: boolean;
  /** Only where images are made. */
  datastore?: { id: number; name: string };
}

export interface VmRestoreReport {
  backup: VmBackup;
  /** What was made: a template and the images of its disks. */
  template?: number;
  images: number[];
  seconds: number;
}

/** OpenNebula's first user, whom the stack's own jobs belong to. */
const ONEADMIN = 0;
const POLL_MS = 1000;
const JOB_SECONDS = 6 * 3600;
const RESTORE_SECONDS = 3600;

/** Every backup of a VM that OpenNebula has, oldest first. */
export async function vmBackups(oned: OpenNebula): Promise<VmBackup[]> {
  const [images, vms] = await Promise.all([oned.images.list(), oned.vms.list()]);
  const names = new Map(vms.map(({ id, name }) => [id, name]));
  const isBackup = ({ type, state }: Image): boolean =>
    (type as ImageType) === ImageType.Backup && (state as ImageState) === ImageState.Ready;
  return images
    .filter((image) => isBackup(image) && image.vmIds.length > 0)
    .map(({ id, vmIds: [vm], registeredAt, size }) => ({
      image: id,
      vm: vm!,
      name: names.get(vm!),
      takenAt: registeredAt,
      megabytes: Number(size),
    }))
    .sort((a, b) => a.takenAt - b.takenAt || a.image - b.image);
}

/**
 * Runs every backup job of oneadmin that stores on the cloud's datastore of backups, one after the other as oned does, and waits for
 * their ends. Users may store there, too: their jobs run when they say.
 *
 * @param deadlineSeconds - in which a job must have ended. @default 6 hours
 * @returns the names of those that ran.
 * @throws Error that names the VMs whose backup failed and the jobs that did not end, after all jobs.
 */
export async function runVmJobs(oned: OpenNebula, deadlineSeconds = JOB_SECONDS): Promise<string[]> {
  const datastore = await oned.datastores.findByName(BACKUP_DATASTORE);
  if (datastore === undefined) throw new Error(`OpenNebula has no datastore ${BACKUP_DATASTORE}: deploy the stack`);
  const jobs = (await oned.backupJobs.list()).filter(
    ({ owner, template }) =>
      owner.userId === ONEADMIN && attributeText(template, "DATASTORE_ID") === String(datastore.id),
  );
  const failed: string[] = [];
  for (const { id, name } of jobs) {
    try {
      const vms = await failuresOf(oned, id, name, deadlineSeconds);
      failed.push(...vms.map((vm) => `VM ${vm} of job ${name} was not backed up`));
    } catch (error) {
      failed.push((error as Error).message);
    }
  }
  if (failed.length > 0) throw new Error(failed.join("; "));
  return jobs.map(({ name }) => name);
}

/** Runs a job to its end. @returns the VMs that were not backed up. */
async function failuresOf(oned: OpenNebula, id: number, name: string, seconds: number): Promise<number[]> {
  await oned.backupJobs.backup(id);
  const ended = async (): Promise<number[] | undefined> => {
    const { outdatedVmIds, updatingVmIds, errorVmIds } = await oned.backupJobs.info(id);
    return outdatedVmIds.length + updatingVmIds.length === 0 ? errorVmIds : undefined;
  };
  return until(ended, { what: `job ${name} of backups has ended`, seconds, every: POLL_MS });
}

/**
 * Chooses what a restore of a VM takes; changes nothing.
 *
 * @throws Error when the VM, a backup of it or the datastore is not there, or the VM is not as the restore needs it.
 */
export async function planVmRestore(oned: OpenNebula, request: VmRestoreRequest): Promise<VmRestorePlan> {
  const { vm: asked, image, datastore: place = "default", inPlace = false } = request;
  const all = await vmBackups(oned);
  const vm = await numberOf(oned, asked);
  const own = all.filter((backup) => backup.vm === vm);
  const backup = image === undefined ? own.at(-1) : own.find((one) => one.image === image);
  if (backup === undefined) {
    const others = own.map((one) => `image ${one.image} (${new Date(one.takenAt * 1000).toISOString()})`).join(", ");
    throw new Error(
      `VM ${asked} has no backup${image === undefined ? "" : ` that is image ${image}`}; there are ${others || "none"}`,
    );
  }
  if (inPlace) {
    const { state } = await oned.vms.info(vm);
    if ((state as VmState) !== VmState.Poweroff) {
      throw new Error(
        `VM ${asked} is not powered off, so its disks cannot be put back: \`onevm poweroff ${vm}\` first`,
      );
    }
    return { backup, inPlace };
  }
  const datastore = await oned.datastores.findByName(place);
  if (datastore === undefined) throw new Error(`OpenNebula has no datastore "${place}"`);
  return { backup, inPlace, datastore: { id: datastore.id, name: datastore.name } };
}

/** Restores a VM as it was planned, and waits until all is there. */
export async function restoreVm(oned: OpenNebula, { backup, datastore }: VmRestorePlan): Promise<VmRestoreReport> {
  const started = Date.now();
  const made = datastore === undefined ? await putBack(oned, backup) : await makeImages(oned, backup, datastore.id);
  return { backup, ...made, seconds: (Date.now() - started) / 1000 };
}

async function putBack(oned: OpenNebula, { vm, image }: VmBackup): Promise<{ images: number[] }> {
  const errorOf = async (): Promise<string> => attributeText((await oned.vms.info(vm)).userTemplate, "ERROR") ?? "";
  const before = await errorOf();
  await oned.vms.restore(vm, { imageId: image });
  const isOff = ({ state }: { state: number }): boolean => (state as VmState) === VmState.Poweroff;
  const ended = async (): Promise<boolean> => isOff(await oned.vms.info(vm));
  await until(ended, { what: `the restore of VM ${vm} has ended`, seconds: RESTORE_SECONDS, every: POLL_MS });
  const after = await errorOf();
  if (after !== before && after !== "") throw new Error(`VM ${vm} could not be restored: ${after}`);
  return { images: [] };
}

async function makeImages(
  oned: OpenNebula,
  { vm, name, image }: VmBackup,
  datastoreId: number,
): Promise<{ template: number; images: number[] }> {
  const options = { NAME: `restored-${name ?? `vm-${vm}`}-${image}` };
  const said = await oned.images.restore(image, { datastoreId, options });
  const [template, ...images] = said.trim().split(/\s+/).map(Number);
  if (template === undefined || !Number.isInteger(template)) throw new Error(`OpenNebula answered "${said}"`);
  for (const id of images) {
    const made = async (): Promise<Image | undefined> => {
      const image = await oned.images.info(id);
      return (image.state as ImageState) === ImageState.Locked ? undefined : image;
    };
    const patience = { what: `image ${id} is made`, seconds: RESTORE_SECONDS, every: POLL_MS };
    const { state, template: found } = await until(made, patience);
    if ((state as ImageState) !== ImageState.Error) continue;
    throw new Error(`image ${id} could not be made: ${attributeText(found, "ERROR") ?? "OpenNebula does not say why"}`);
  }
  return { template, images };
}

/**
 * A VM by its name or number. Digits are always a number, which may be that of a VM that is gone: anybody can give a VM a name of
 * digits, and would be asked for in another's place.
 */
async function numberOf(oned: OpenNebula, asked: string): Promise<number> {
  if (/^\d+$/.test(asked)) return Number(asked);
  const named = (await oned.vms.list()).filter(({ name }) => name === asked).map(({ id }) => id);
  if (named.length === 1) return named[0]!;
  if (named.length > 1)
    throw new Error(`several VMs are named "${asked}": ${named.join(", ")}; name one by its number`);
  throw new Error(
    `there is no VM named "${asked}"; one that is gone is named by its number, which \`backup list\` shows`,
  );
}
