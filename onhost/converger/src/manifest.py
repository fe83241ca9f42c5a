# SPDX-License-Identifier: Apache-2.0
"""What each layer owns on this host, what was there before, and what is still owed after a kill."""
import contextlib
import fcntl
import hashlib
import json
import os
import time

from .base import STATE_DIR, Failure

LOCK_SECONDS = 1200


def digest(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")).hexdigest()


def sync_directory(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_private(path, data):
    """Writes a root-only file so that after any kill either the old or the new content is there."""
    temporary = f"{path}.{os.getpid()}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    os.replace(temporary, path)
    sync_directory(os.path.dirname(path))


def state_directories():
    for path in (STATE_DIR, originals_directory(), confirm_directory()):
        os.makedirs(path, 0o700, exist_ok=True)


def originals_directory():
    return os.path.join(STATE_DIR, "originals")


def confirm_directory():
    return os.path.join(STATE_DIR, "confirm")


@contextlib.contextmanager
def host_lock():
    """One converger at a time on a host; the kernel lets go of it when we die."""
    os.makedirs(STATE_DIR, 0o700, exist_ok=True)
    descriptor = os.open(os.path.join(STATE_DIR, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Failure(f"another converger has held this host's lock for {LOCK_SECONDS} s: look for a hanging"
                                  " `converger.py` on the host and end it") from None
                time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


class Manifest:
    """The file manifest.json. `layer` gives a layer's record; every change is on disk before the thing it describes happens."""

    def __init__(self):
        self.path = os.path.join(STATE_DIR, "manifest.json")
        self.saved = None
        try:
            with open(self.path, "rb") as source:
                self.saved = source.read()
            self.document = json.loads(self.saved)
        except FileNotFoundError:
            self.document = {"version": 1, "layers": {}}
        except ValueError as broken:
            raise Failure(f"{self.path} is not JSON ({broken}); move it away: the next apply adopts what it finds") from None

    def layer(self, name):
        record = self.document["layers"].setdefault(name, {})
        for key, empty in (("owned", {}), ("pending", {}), ("facts", {}), ("steps", []), ("hash", "")):
            record.setdefault(key, empty)
        return record

    def owned(self, layer, kind):
        return self.layer(layer)["owned"].setdefault(kind, {})

    def others(self, layer, kind, ident):
        """Other layers that own the same thing."""
        return [name for name, record in self.document["layers"].items()
                if name != layer and ident in record.get("owned", {}).get(kind, {})]

    def forget(self, layer):
        self.document["layers"].pop(layer, None)

    def save(self):
        text = json.dumps(self.document, sort_keys=True, indent=1).encode()
        if text != self.saved:
            write_private(self.path, text)
            self.saved = text


def keep_original(data):
    """Keeps the bytes of a file that was there before us; answers the name to find them by."""
    name = digest(data)
    path = os.path.join(originals_directory(), name)
    if not os.path.exists(path):
        write_private(path, data)
    return name


def read_original(name):
    with open(os.path.join(originals_directory(), name), "rb") as source:
        return source.read()


def owe(run, manifest, causes):
    """
    Notes, before something changes, which steps must act on the change, so that a kill in between loses nothing. `causes` are
    words of `restartOn`. Steps of the last state count too: what they watched may just be leaving.
    """
    record = manifest.layer(run.layer)
    for step in [*run.steps, *record["steps"]]:
        hit = sorted(set(causes) & set(step["watches"]))
        if not hit:
            continue
        if step["key"] == "activate" and run.before_activation is not None:
            run.before_activation()
            run.before_activation = None
        waiting = record["pending"].setdefault(step["key"], [])
        waiting.extend(cause for cause in hit if cause not in waiting)
    if any(is_unit_file(cause) for cause in causes):
        record["pending"]["daemon-reload"] = ["unit files"]
    manifest.save()


def is_unit_file(path):
    return path.startswith(("/etc/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/"))
