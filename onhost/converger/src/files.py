# SPDX-License-Identifier: Apache-2.0
"""Whole files and directories: atomic writes, ownership, what was there before."""
import difflib
import grp
import os
import pwd
import stat

from .base import Failure, require
from .manifest import digest, keep_original, owe, read_original, sync_directory

DIFF_LINES = 12


class Found:
    """What stands at a path now: nothing, a link, a directory or a file with its content."""

    def __init__(self, path):
        self.path = path
        self.data = None
        self.link = None
        try:
            self.status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            self.status = None
            return
        if stat.S_ISLNK(self.status.st_mode):
            self.link = os.readlink(path)
        elif stat.S_ISREG(self.status.st_mode):
            with open(path, "rb") as source:
                self.data = source.read()

    @property
    def exists(self):
        return self.status is not None

    @property
    def is_directory(self):
        return self.exists and stat.S_ISDIR(self.status.st_mode)

    @property
    def mode(self):
        return stat.S_IMODE(self.status.st_mode)

    def owners(self):
        return f"{user_name(self.status.st_uid)}:{group_name(self.status.st_gid)}"

    def record(self):
        """For the manifest: how to put this back."""
        if not self.exists:
            return None
        if self.link is not None:
            return {"link": self.link}
        return {"kept": keep_original(self.data), "uid": self.status.st_uid, "gid": self.status.st_gid,
                "mode": f"{self.mode:04o}"}


def user_name(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def group_name(number):
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def owner_numbers(owner, group, path):
    try:
        uid = pwd.getpwnam(owner).pw_uid
    except KeyError:
        raise Failure(f"{path}: owner {owner} is no user of this host; name the user or the package that makes it") from None
    try:
        return uid, grp.getgrnam(group).gr_gid
    except KeyError:
        raise Failure(f"{path}: group {group} is no group of this host; name the group or the package that makes it") from None


def attribute_differences(found, entry):
    """Differences of owner, group and mode, as text."""
    texts = []
    want = f"{entry.get('owner', 'root')}:{entry.get('group', 'root')}"
    mode = int(entry.get("mode", entry["defaultMode"]), 8)
    if found.owners() != want:
        texts.append(f"owner {found.owners()}, wanted {want}")
    if found.mode != mode:
        texts.append(f"mode {found.mode:04o}, wanted {mode:04o}")
    return texts


def make_parents(run, manifest, path):
    """Missing parents become ours, so that an undo takes them away again."""
    missing = []
    parent = os.path.dirname(path)
    while not os.path.isdir(parent):
        missing.append(parent)
        parent = os.path.dirname(parent)
    for directory in reversed(missing):
        manifest.owned(run.layer, "directory")[directory] = {"made": True}
        manifest.save()
        os.mkdir(directory, 0o755)
        os.chmod(directory, 0o755)
        run.change("directory", directory, "created")


def replace_file(path, data, identity, validate=None):
    """Writes beside the target, sets owner and mode, lets `validate` judge, then renames. `identity`: (uid, gid, mode)."""
    uid, gid, mode = identity
    directory, name = os.path.split(path)
    # The validator may look at the ending, so the original's stays the last one.
    temporary = os.path.join(directory, f".{MARK_TEMPORARY}{name}")
    remove_if_there(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(descriptor, "wb") as target:
            target.write(data)
            target.flush()
            os.fchown(target.fileno(), uid, gid)
            os.fchmod(target.fileno(), mode)
            os.fsync(target.fileno())
        if validate:
            require([word.replace("{}", temporary) for word in validate], f"{path}: refused by {validate[0]}")
        os.replace(temporary, path)
    except BaseException:
        remove_if_there(temporary)
        raise
    sync_directory(directory)


MARK_TEMPORARY = "opennebula-scaleway-new."


def remove_if_there(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def text_difference(run, old, new, secret):
    """A short unified difference; nothing at all where either side may hold a secret."""
    if secret or b"\0" in old + new:
        return "content differs"
    old_text, new_text = old.decode("utf-8", "replace"), new.decode("utf-8", "replace")
    if run.redact(new_text) != new_text:
        return "content differs"
    lines = [line for line in difflib.unified_diff(old_text.splitlines(), new_text.splitlines(), "here", "wanted", "", "", 0)
             if not line.startswith(("---", "+++", "@@"))]
    shown = [line[:160] for line in lines[:DIFF_LINES]]
    more = [f"and {len(lines) - DIFF_LINES} lines more"] if len(lines) > DIFF_LINES else []
    return "\n".join(shown + more)


def converge_file(run, manifest, path, entry):
    """`entry`: content, owner, group, mode, secret, validate, and for files made from other entries `kind` and `ident`."""
    kind, ident = entry.get("kind", "file"), entry.get("ident", path)
    run.at(f"{kind} {ident}")
    data = entry["content"].encode("utf-8")
    entry.setdefault("defaultMode", "0644")
    found = Found(path)
    if found.is_directory:
        raise Failure(f"{path}: a directory is there, a file is wanted; nothing of the kind is removed: move it away")
    if found.exists and found.data is None and found.link is None:
        raise Failure(f"{path}: a device, socket or pipe is there, a file is wanted")
    texts = []
    if found.exists and found.data is not None:
        texts = attribute_differences(found, entry)
        if found.data != data:
            texts.append(text_difference(run, found.data, data, entry.get("secret", False)))
    elif found.link is not None:
        texts.append(f"is a link to {found.link}")
    owned = manifest.owned(run.layer, "file")
    if found.exists and not texts:
        if not run.check:
            record = owned.setdefault(path, {"original": found.record(), "kind": kind, "ident": ident})
            record["written"] = [digest(data)]
        return
    what = "updated" if found.exists else "created"
    if run.check:
        run.change(kind, ident, what, "; ".join(texts) or "is missing")
        return
    identity = (*owner_numbers(entry.get("owner", "root"), entry.get("group", "root"), path),
                int(entry.get("mode", "0644"), 8))
    make_parents(run, manifest, path)
    record = owned.setdefault(path, {"written": [], "original": found.record(), "kind": kind, "ident": ident})
    record["written"] = [*record["written"][-1:], digest(data)]
    owe(run, manifest, [path])
    replace_file(path, data, identity, entry.get("validate"))
    record["written"] = [digest(data)]
    run.change(kind, ident, what, "; ".join(texts))


def release_file(run, manifest, path, record):
    """A file leaves the state: what was there before comes back, unless somebody has edited it since."""
    kind, ident = record.get("kind", "file"), record.get("ident", path)
    run.at(f"{kind} {ident}")
    if manifest.others(run.layer, "file", path):
        return
    found = Found(path)
    if found.exists and found.link is None and (found.data is None or digest(found.data) not in record["written"]):
        run.change(kind, ident, "kept", "edited by hand since it was written")
        return
    original = record.get("original")
    if run.check:
        if found.exists or original:
            run.change(kind, ident, "restored" if original else "removed")
        return
    owe(run, manifest, [path])
    restore_record(path, original)
    if found.exists or original:
        run.change(kind, ident, "restored" if original else "removed")


def restore_record(path, record):
    """Puts back what Found.record noted."""
    if record is None:
        remove_if_there(path)
    elif "link" in record:
        temporary = os.path.join(os.path.dirname(path), f".{MARK_TEMPORARY}{os.path.basename(path)}")
        remove_if_there(temporary)
        os.symlink(record["link"], temporary)
        os.replace(temporary, path)
    else:
        os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
        replace_file(path, read_original(record["kept"]), (record["uid"], record["gid"], int(record["mode"], 8)))


def converge_directory(run, manifest, path, entry):
    run.at(f"directory {path}")
    entry.setdefault("defaultMode", "0755")
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        status = None
    if status is not None and not stat.S_ISDIR(status.st_mode):
        raise Failure(f"{path}: a file is there, a directory is wanted; nothing of the kind is removed: move it away")
    owned = manifest.owned(run.layer, "directory")
    if status is None:
        if run.check:
            run.change("directory", path, "created", "is missing")
            return
        uid, gid = owner_numbers(entry.get("owner", "root"), entry.get("group", "root"), path)
        make_parents(run, manifest, os.path.join(path, ""))
        os.chown(path, uid, gid)
        os.chmod(path, int(entry.get("mode", "0755"), 8))
        return
    found = Found(os.path.realpath(path))
    texts = attribute_differences(found, entry)
    record = {"made": False, "uid": status.st_uid, "gid": status.st_gid, "mode": f"{found.mode:04o}"}
    if texts:
        if not run.check:
            uid, gid = owner_numbers(entry.get("owner", "root"), entry.get("group", "root"), path)
            owned.setdefault(path, record)
            manifest.save()
            os.chown(path, uid, gid)
            os.chmod(path, int(entry.get("mode", "0755"), 8))
        run.change("directory", path, "updated", "; ".join(texts))
    elif not run.check:
        owned.setdefault(path, record)


def release_directory(run, manifest, path, record):
    """Only a directory that we made and that is empty goes; an older one gets its owner and mode back."""
    run.at(f"directory {path}")
    if manifest.others(run.layer, "directory", path) or not os.path.isdir(path):
        return
    if not record.get("made"):
        status = os.stat(path)
        before = (record["uid"], record["gid"], int(record["mode"], 8))
        if (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) != before:
            run.change("directory", path, "restored")
            if not run.check:
                os.chown(path, before[0], before[1])
                os.chmod(path, before[2])
        return
    if os.listdir(path):
        run.change("directory", path, "kept", "not empty")
        return
    run.change("directory", path, "removed")
    if not run.check:
        os.rmdir(path)
