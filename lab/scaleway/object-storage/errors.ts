// SPDX-License-Identifier: Apache-2.0
import { xml } from "./xml";

/** An error of the object storage: its status, and the code by which clients know it. */
export class StorageError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** The document that clients read; its shape was recorded at Scaleway. */
  document(resource: string): string {
    const id = "txg0000000000000000000-0000000000";
    return xml("Error", {
      Code: this.code,
      Message: this.message,
      RequestId: id,
      HostId: id,
      Resource: resource,
    });
  }
}

export const noSuchBucket = (): StorageError =>
  new StorageError(404, "NoSuchBucket", "The specified bucket does not exist");
export const noSuchKey = (): StorageError => new StorageError(404, "NoSuchKey", "The specified key does not exist.");
export const noSuchUpload = (): StorageError =>
  new StorageError(404, "NoSuchUpload", "The specified multipart upload does not exist.");
export const accessDenied = (why = "Access Denied."): StorageError => new StorageError(403, "AccessDenied", why);
export const badRequest = (code: string, message: string): StorageError => new StorageError(400, code, message);
export const notImplemented = (what: string): StorageError =>
  new StorageError(501, "NotImplemented", `this stand-in for Scaleway's object storage has no ${what}`);
