#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Generated from onhost/converger/src by `npm run generate`: edit there.
"""Makes a host hold the state of a layer. Python 3.11 or newer, standard library only."""
import base64
import contextlib
import datetime
import difflib
import fcntl
import fnmatch
import glob
import grp
import hashlib
import json
import os
import pwd
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time


# ---- base ----
# What every part uses: paths, errors, one run and its answer, running other programs.

BUNDLE_VERSION = 1
STATE_DIR = "/var/lib/opennebula-scaleway"
RUN_DIR = "/run/opennebula-scaleway"
LOG_FILE = "/var/log/opennebula-scaleway/converger.log"
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MARK = "opennebula-scaleway"
LOG_LIMIT = 1 << 20
KEPT_LINES = 40


class Failure(Exception):
    """Something on the host is not as it must be; `lines` are the last lines that the failing program wrote."""

    def __init__(self, message, lines=()):
        super().__init__(message)
        self.message = message
        self.lines = list(lines)


class Refusal(Exception):
    """The input is wrong; nothing has been done. Holds every mistake."""

    def __init__(self, mistakes):
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class Result:
    """Exit status and output (both streams, as they came) of a program; status None: it did not end in time."""

    def __init__(self, code, output):
        self.code = code
        self.output = output

    def lines(self):
        return [line for line in self.output.splitlines() if line.strip()][-KEPT_LINES:]


class Run:
    """One call of the converger for one layer: what it may change, what it did, what it must not show."""

    def __init__(self, host, layer, check=False, secrets=()):
        self.host = host
        self.layer = layer
        self.check = check
        self.hash = ""
        self.changed = []
        self.restarted = []
        self.unmet = []
        self.versions = {}
        self.facts = {}
        self.steps = []
        # Called once before the first write that a commit-confirmed layer must be able to take back.
        self.before_activation = None
        # While a layer is undone, one failure does not keep the rest from going.
        self.undoing = False
        self.failures = []
        self.error = None
        self.step = "start"
        self.started = time.monotonic()
        lines = [line for secret in secrets for line in [secret, *secret.splitlines()]]
        # Shorter ones would blot out ordinary words.
        self.secrets = sorted({line for line in lines if len(line) >= 6}, key=len, reverse=True)

    def redact(self, value):
        for secret in self.secrets:
            value = value.replace(secret, "<secret>")
        return value

    def at(self, step):
        """Names the step that begins, for errors and the log."""
        self.step = step

    def change(self, kind, ident, what, detail=None):
        entry = {"kind": kind, "id": ident, "what": what}
        if detail:
            entry["detail"] = self.redact(detail)
        self.changed.append(entry)
        if not self.check:
            self.log(f"{kind} {ident} {what}")

    def log(self, message):
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        os.makedirs(os.path.dirname(LOG_FILE), 0o750, exist_ok=True)
        try:
            if os.path.getsize(LOG_FILE) > LOG_LIMIT:
                os.replace(LOG_FILE, LOG_FILE + ".1")
        except FileNotFoundError:
            pass
        with open(os.open(LOG_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640), "a", encoding="utf-8") as log:
            log.write(f"{stamp} {self.host}/{self.layer}: {self.redact(message)}\n")

    def answer(self, error=None):
        document = {
            "ok": error is None,
            "host": self.host,
            "layer": self.layer,
            "hash": self.hash,
            "changed": self.changed,
            "restarted": self.restarted,
            "conditionUnmet": self.unmet,
            "versions": self.versions,
            "facts": self.facts,
            "seconds": round(time.monotonic() - self.started, 2),
        }
        if error is not None:
            document["error"] = {
                "step": self.step,
                "message": self.redact(error.message),
                "lastLines": [self.redact(line) for line in error.lines[-KEPT_LINES:]],
            }
        return document


def environment(extra=None, home="/root"):
    """A small environment of our own, so that the caller's never matters."""
    return {"PATH": SEARCH_PATH, "LC_ALL": "C.UTF-8", "HOME": home, **(extra or {})}


def execute(argv, timeout=60, env=None, user=None, pass_fds=(), cwd="/"):
    """
    Runs a program without a shell and waits for it. Its output goes to a file, so that a daemon that it leaves behind does not
    hold us up.
    """
    account = pwd.getpwnam(user) if user not in (None, "root") else None
    identity = {}
    home = "/root"
    if account is not None and account.pw_uid != os.geteuid():
        home = account.pw_dir
        identity = {
            "user": account.pw_uid,
            "group": account.pw_gid,
            "extra_groups": os.getgrouplist(account.pw_name, account.pw_gid),
        }
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd,
                                       env=environment(env, home), start_new_session=True, pass_fds=pass_fds,
                                       **identity)
        except FileNotFoundError as missing:
            return Result(127, f"{missing.filename}: not found")
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = None
            end_group(process)
        size = output.seek(0, os.SEEK_END)
        output.seek(max(0, size - (1 << 18)))
        return Result(code, output.read().decode("utf-8", "replace"))


def end_group(process):
    """Ends a program and what it started: politely, then not."""
    for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def require(argv, what, **options):
    """Like execute, but anything other than exit status 0 is a Failure that starts with `what`."""
    result = execute(argv, **options)
    if result.code is None:
        raise Failure(f"{what}: no end after {options.get('timeout', 60)} s", result.lines())
    if result.code != 0:
        raise Failure(f"{what}: exit status {result.code}", result.lines())
    return result


def canonical(value):
    """JSON with one spelling, for comparing and hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def boot_id():
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
        return source.read().strip()


# ---- manifest ----
# What each layer owns on this host, what was there before, and what is still owed after a kill.


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


# ---- files ----
# Whole files and directories: atomic writes, ownership, what was there before.


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


# ---- edit_oned ----
# Edits by key in oned.conf syntax: `KEY = value` and `KEY = [ A = "1", B = "2" ]`, comments and layout kept.

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*")
SELECTOR = re.compile(r"([A-Za-z_][A-Za-z0-9_/.-]*)\[([A-Za-z_][A-Za-z0-9_]*)=([^\]]*)\]")


class EditError(Exception):
    """The text cannot be edited as asked."""


class Attribute:
    """One attribute with the positions of its key and value in the text; `children` of a vector, None for a single value."""

    def __init__(self, key, start):
        self.key = key
        self.start = start
        self.value_start = self.end = start
        self.children = None
        self.trailing_comma = False


def skip_blank(text, position, also=""):
    while position < len(text):
        if text[position] == "#":
            newline = text.find("\n", position)
            position = len(text) if newline < 0 else newline
        elif text[position].isspace() or text[position] in also:
            position += 1
        else:
            break
    return position


def line_number(text, position):
    return text.count("\n", 0, position) + 1


def read_quoted(text, position):
    end = position + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise EditError(f"line {line_number(text, position)}: a quote is never closed")
    return end + 1


def read_attribute(text, position, in_vector):
    match = KEY.match(text, position)
    if not match:
        raise EditError(f"line {line_number(text, position)}: a key was expected")
    attribute = Attribute(match.group(), position)
    position = skip_blank(text, match.end())
    if position >= len(text) or text[position] != "=":
        raise EditError(f"line {line_number(text, position)}: \"=\" was expected after {attribute.key}")
    position = skip_blank(text, position + 1)
    attribute.value_start = position
    if text[position:position + 1] == '"':
        attribute.end = read_quoted(text, position)
    elif text[position:position + 1] == "[" and not in_vector:
        read_vector(text, attribute)
    else:
        match = re.compile(r"[^,\]\n#]*" if in_vector else r"[^\n#]*").match(text, position)
        attribute.end = position + len(match.group().rstrip())
    return attribute


def read_vector(text, attribute):
    attribute.children = []
    position = attribute.value_start + 1
    while True:
        before = position
        position = skip_blank(text, position, ",")
        if attribute.children and "," in text[before:position]:
            attribute.children[-1].trailing_comma = True
        if position >= len(text):
            raise EditError(f"line {line_number(text, attribute.start)}: the vector {attribute.key} is never closed")
        if text[position] == "]":
            attribute.end = position + 1
            return
        attribute.children.append(read_attribute(text, position, True))
        position = attribute.children[-1].end


def parse_oned(text):
    attributes = []
    position = skip_blank(text, 0)
    while position < len(text):
        attributes.append(read_attribute(text, position, False))
        position = skip_blank(text, attributes[-1].end)
    return attributes


def unquoted(text):
    return text[1:-1].replace('\\"', '"') if len(text) > 1 and text[0] == text[-1] == '"' else text


def select(text, attributes, word):
    """The one attribute that `word` names: `KEY`, or `KEY[NAME=kvm]` where a key stands more than once."""
    match = SELECTOR.fullmatch(word)
    key = (match.group(1) if match else word).upper()
    found = [attribute for attribute in attributes if attribute.key.upper() == key]
    if match:
        inner, value = match.group(2).upper(), match.group(3)
        found = [attribute for attribute in found for child in attribute.children or ()
                 if child.key.upper() == inner and unquoted(text[child.value_start:child.end]) == value]
    if len(found) > 1:
        lines = ", ".join(str(line_number(text, attribute.start)) for attribute in found)
        raise EditError(f"{word} stands on lines {lines}: say which, e.g. {key}[NAME=x]")
    return found[0] if found else None


def locate(text, path):
    """(vector or None, attribute or None) for a path of one or two words."""
    outer = select(text, parse_oned(text), path[0])
    if len(path) == 1:
        return None, outer
    if outer is None:
        return None, None
    if outer.children is None:
        raise EditError(f"{path[0]} (line {line_number(text, outer.start)}) is a single value, no vector that could hold"
                        f" {path[1]}")
    return outer, select(text, outer.children, path[1])


def get_oned(text, path):
    _, attribute = locate(text, path)
    return None if attribute is None else text[attribute.value_start:attribute.end]


def set_oned(text, path, value):
    vector, attribute = locate(text, path)
    if attribute is not None:
        return text[:attribute.value_start] + value + text[attribute.end:]
    if vector is not None:
        return add_to_vector(text, vector, f"{path[-1]} = {value}")
    if SELECTOR.fullmatch(path[0]):
        raise EditError(f"{path[0]}: there is no such vector; it is not made, since only a part of it is known")
    body = f"{path[0]} = {value}" if len(path) == 1 else f"{path[0]} = [\n  {path[1]} = {value}\n]"
    return f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{body}\n"


def add_to_vector(text, vector, assignment):
    if not vector.children:
        return f"{text[:vector.value_start + 1]} {assignment} {text[vector.end - 1:]}"
    last = vector.children[-1]
    comma = "" if last.trailing_comma else ","
    line_start = text.rfind("\n", 0, last.start) + 1
    newline = text.find("\n", last.end)
    if newline < 0 or newline >= vector.end or "\n" not in text[vector.value_start:vector.end]:
        rest = text.find(",", last.end) + 1 if last.trailing_comma else last.end
        return f"{text[:last.end]}, {assignment}{text[rest:]}"
    # A vector over several lines: a line of its own below the last one, in the same column, behind a comment if there is one.
    indent = " " * (last.start - line_start)
    return f"{text[:last.end]}{comma}{text[last.end:newline]}\n{indent}{assignment}{text[newline:]}"


def unset_oned(text, path):
    vector, attribute = locate(text, path)
    if attribute is None:
        return text
    if vector is None or vector.children == [attribute]:
        target = vector or attribute
        end = text.find("\n", target.end)
        return text[:text.rfind("\n", 0, target.start) + 1] + ("" if end < 0 else text[end + 1:])
    index = vector.children.index(attribute)
    if index + 1 < len(vector.children):
        return text[:attribute.start] + text[vector.children[index + 1].start:]
    gap = text[vector.children[index - 1].end:attribute.start]
    # The comma stands before a comment in the gap, or after the last one.
    head, _, tail = gap.partition(",") if gap.lstrip().startswith(",") else gap.rpartition(",")
    kept = (head + tail).rstrip()
    rest = text[attribute.end:]
    ends_in_comment = "#" in kept.rpartition("\n")[2] and not rest.startswith("\n")
    return text[:vector.children[index - 1].end] + kept + ("\n" if ends_in_comment else "") + rest


# ---- edit_lines ----
# Edits by key in YAML, INI and shell-like files, line by line: everything else in the file stays as it is.


YAML_KEY = re.compile(r"""( *)(:?[A-Za-z0-9_./-]+|"[^"]*"|'[^']*'):(?:[ \t]+(.*?))?[ \t]*""")
BLOCK_SCALAR = re.compile(r"[|>][-+0-9]*([ \t]+#.*)?")


def split_comment(value):
    """A YAML or shell value and the comment after it, with the blanks between them."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        while value[0] == '"' and end > 0 and value[end - 1] == "\\":
            end = value.find('"', end + 1)
        return (value, "") if end < 0 else (value[:end + 1], value[end + 1:])
    match = re.search(r"(^|[ \t]+)#", value)
    return (value, "") if not match else (value[:match.start()], value[match.start():])


class YamlLine:
    """A line `key: value` with the path of its mapping; `last`: index of the last line that belongs to it."""

    def __init__(self, index, indent, path, value):
        self.index, self.indent, self.path, self.value = index, indent, path, value
        self.last = index


def yaml_lines(lines):
    """Every mapping line outside of sequences and block scalars."""
    found, stack, hidden = [], [], None
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        if hidden is not None:
            if indent > hidden:
                mark_last(stack, index)
                continue
            hidden = None
        sequence = stripped == "-" or stripped.startswith("- ")
        # The items of a sequence may stand in the column of the key that they belong to.
        while stack and (stack[-1].indent > indent or (stack[-1].indent == indent and not sequence)):
            stack.pop()
        if sequence:
            hidden = indent
            mark_last(stack, index)
            continue
        match = YAML_KEY.fullmatch(line)
        if not match:
            mark_last(stack, index)
            continue
        entry = YamlLine(index, indent, [*(parent.path[-1] for parent in stack), match.group(2)], match.group(3) or "")
        mark_last(stack, index)
        found.append(entry)
        stack.append(entry)
        if BLOCK_SCALAR.fullmatch(entry.value):
            hidden = indent
    return found


def mark_last(stack, index):
    for entry in stack:
        entry.last = index


def find_yaml(lines, path):
    found = [entry for entry in yaml_lines(lines) if entry.path == list(path)]
    if len(found) > 1:
        raise EditError(f"{' > '.join(path)} stands {len(found)} times (line {found[1].index + 1})")
    return found[0] if found else None


def get_yaml(text, path):
    entry = find_yaml(text.splitlines(), path)
    if entry is None or (entry.last > entry.index and not split_comment(entry.value)[0]):
        return None
    return split_comment(entry.value)[0]


def set_yaml(text, path, value):
    lines = text.splitlines()
    entry = find_yaml(lines, path)
    assignment = f"{path[-1]}: {value}"
    if entry is not None:
        if entry.last > entry.index:
            raise EditError(f"{' > '.join(path)} (line {entry.index + 1}) holds more than a value on its line")
        comment = split_comment(entry.value)[1]
        lines[entry.index] = " " * entry.indent + assignment + comment
        return "\n".join(lines) + "\n"
    depth, parent = len(path) - 1, None
    while depth > 0 and parent is None:
        parent = find_yaml(lines, path[:depth])
        depth -= 0 if parent else 1
    if parent is not None and split_comment(parent.value)[0]:
        raise EditError(f"{' > '.join(parent.path)} (line {parent.index + 1}) has a value of its own and cannot hold"
                        f" {path[depth]}")
    children = [item for item in yaml_lines(lines) if parent and item.path[:-1] == parent.path]
    if parent is not None and parent.last > parent.index and not children:
        raise EditError(f"{' > '.join(parent.path)} (line {parent.index + 1}) holds a list, no keys")
    indent = 0 if parent is None else children[0].indent if children else parent.indent + 2
    added = [" " * (indent + 2 * level) + f"{word}:" for level, word in enumerate(path[depth:-1])]
    added.append(" " * (indent + 2 * (len(path) - 1 - depth)) + assignment)
    place = len(lines) if parent is None else parent.last + 1
    return "\n".join([*lines[:place], *added, *lines[place:]]) + "\n"


def unset_yaml(text, path):
    lines = text.splitlines()
    path = list(path)
    entry = find_yaml(lines, path)
    if entry is None or entry.last > entry.index:
        return text
    del lines[entry.index]
    # Parents that hold nothing any more were made for this key.
    while len(path) > 1:
        path.pop()
        parent = find_yaml(lines, path)
        if parent is None or parent.last > parent.index or split_comment(parent.value)[0]:
            break
        del lines[parent.index]
    return "\n".join(lines) + "\n" if lines else ""


def ini_section(lines, section):
    """(first, end) of a section's lines, its header left out; None if there is none."""
    start = 0 if section == "" else None
    for index, line in enumerate(lines):
        match = re.fullmatch(r"\s*\[([^\]]*)\]\s*", line)
        if not match:
            continue
        if start is not None:
            return start, index
        if match.group(1).strip() == section:
            start = index + 1
    return None if start is None else (start, len(lines))


def find_ini(lines, path):
    """The last line that sets the key: it is the one that counts."""
    bounds = ini_section(lines, path[0])
    setter = re.compile(rf"\s*{re.escape(path[1])}\s*(=|$)")
    hits = [index for index in range(*(bounds or (0, 0))) if setter.match(lines[index])]
    return bounds, hits[-1] if hits else None


def get_ini(text, path):
    lines = text.splitlines()
    _, index = find_ini(lines, path)
    return None if index is None else lines[index].partition("=")[2].strip()


def set_ini(text, path, value):
    lines = text.splitlines()
    bounds, index = find_ini(lines, path)
    if index is not None:
        head, equals, _ = lines[index].partition("=")
        lines[index] = f"{head}={' ' if head.endswith(' ') else ''}{value}" if equals else f"{head.rstrip()} = {value}"
    elif bounds is not None:
        place = bounds[1]
        while place > bounds[0] and not lines[place - 1].strip():
            place -= 1
        lines.insert(place, f"{path[1]} = {value}")
    else:
        lines += [*([""] if lines else []), f"[{path[0]}]", f"{path[1]} = {value}"]
    return "\n".join(lines) + "\n"


def unset_ini(text, path):
    lines = text.splitlines()
    _, index = find_ini(lines, path)
    if index is None:
        return text
    del lines[index]
    first, end = ini_section(lines, path[0])
    if path[0] and not any(line.strip() for line in lines[first:end]):
        del lines[first - 1:end]
        while lines and not lines[-1].strip():
            lines.pop()
    return "\n".join(lines) + "\n" if lines else ""


def find_shell(lines, key):
    hits = [index for index, line in enumerate(lines) if re.match(rf"\s*(export\s+)?{re.escape(key)}=", line)]
    return hits[-1] if hits else None


def get_shell(text, path):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    return None if index is None else split_comment(lines[index].partition("=")[2])[0].rstrip()


def set_shell(text, path, value):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    if index is None:
        lines.append(f"{path[0]}={value}")
    else:
        head, _, old = lines[index].partition("=")
        lines[index] = f"{head}={value}{split_comment(old)[1]}"
    return "\n".join(lines) + "\n"


def unset_shell(text, path):
    lines = text.splitlines()
    index = find_shell(lines, path[0])
    if index is None:
        return text
    del lines[index]
    return "\n".join(lines) + "\n" if lines else ""


SYNTAXES = {
    "oned": (get_oned, set_oned, unset_oned),
    "yaml": (get_yaml, set_yaml, unset_yaml),
    "ini": (get_ini, set_ini, unset_ini),
    "shell": (get_shell, set_shell, unset_shell),
}


def begin_line(marker):
    return f"# BEGIN opennebula-scaleway {marker}"


def end_line(marker):
    return f"# END opennebula-scaleway {marker}"


def find_block(lines, marker):
    """(first, last) index of the marker lines; None if there are none."""
    begins = [index for index, line in enumerate(lines) if line.rstrip() == begin_line(marker)]
    ends = [index for index, line in enumerate(lines) if line.rstrip() == end_line(marker)]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise EditError(f"the markers of block \"{marker}\" are damaged: remove their lines, the next apply writes them"
                        " anew")
    return begins[0], ends[0]


def get_block(text, marker):
    lines = text.splitlines()
    bounds = find_block(lines, marker)
    return None if bounds is None else "".join(line + "\n" for line in lines[bounds[0] + 1:bounds[1]])


def set_block(text, marker, content):
    lines = text.splitlines()
    bounds = find_block(lines, marker) or (len(lines), len(lines) - 1)
    block = [begin_line(marker), *content.splitlines(), end_line(marker)]
    return "\n".join([*lines[:bounds[0]], *block, *lines[bounds[1] + 1:]]) + "\n"


def unset_block(text, marker):
    lines = text.splitlines()
    bounds = find_block(lines, marker)
    if bounds is None:
        return text
    del lines[bounds[0]:bounds[1] + 1]
    return "\n".join(lines) + "\n" if lines else ""


BUNDLE_SCHEMA = json.loads(r"""
{"$schema":"http://json-schema.org/draft-07/schema#","title":"What the converger reads on standard input","type":"object","required":["version","host","layer","state"],"additionalProperties":false,"properties":{"version":{"const":1},"host":{"$ref":"#/definitions/name"},"layer":{"$ref":"#/definitions/layerName"},"secrets":{"description":"Values that must never be shown or logged.","type":"array","items":{"type":"string"}},"state":{"$ref":"#/definitions/state"}},"definitions":{"name":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"},"layerName":{"type":"string","pattern":"^[a-z][a-z0-9-]{0,30}$"},"fileName":{"type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"},"accountName":{"type":"string","pattern":"^[a-z_][a-z0-9_-]{0,30}$"},"packageName":{"type":"string","pattern":"^[a-z0-9][a-z0-9+.-]+$"},"path":{"type":"string","pattern":"^(/(?!\\.\\.?(/|$))[^/\\n\\u0000]+)+$"},"mode":{"type":"string","pattern":"^0?[0-7]{3,4}$"},"text":{"type":"string","pattern":"^[^\\u0000]*$"},"line":{"type":"string","pattern":"^[^\\n\\r\\u0000]+$"},"cause":{"type":"string","pattern":"^(/|package:|action:)."},"seconds":{"type":"integer","minimum":1,"maximum":7200},"number":{"type":"integer","minimum":0,"maximum":4294967294},"causes":{"type":"array","items":{"$ref":"#/definitions/cause"}},"state":{"type":"object","additionalProperties":false,"properties":{"repositories":{"type":"object","propertyNames":{"$ref":"#/definitions/fileName"},"additionalProperties":{"$ref":"#/definitions/repository"}},"aptSettings":{"type":"object","propertyNames":{"$ref":"#/definitions/fileName"},"additionalProperties":{"$ref":"#/definitions/text"}},"packages":{"type":"object","propertyNames":{"$ref":"#/definitions/packageName"},"additionalProperties":{"type":"string","pattern":"^[A-Za-z0-9.+:~*?-]+$"}},"groups":{"type":"object","propertyNames":{"$ref":"#/definitions/accountName"},"additionalProperties":{"$ref":"#/definitions/group"}},"users":{"type":"object","propertyNames":{"$ref":"#/definitions/accountName"},"additionalProperties":{"$ref":"#/definitions/user"}},"kernelModules":{"type":"array","items":{"type":"string","pattern":"^[A-Za-z0-9_-]+$"}},"sysctls":{"type":"object","propertyNames":{"type":"string","pattern":"^(?!.*\\.\\.)[a-z][A-Za-z0-9_./-]+$"},"additionalProperties":{"$ref":"#/definitions/line"}},"directories":{"type":"object","propertyNames":{"$ref":"#/definitions/path"},"additionalProperties":{"$ref":"#/definitions/directory"}},"files":{"type":"object","propertyNames":{"$ref":"#/definitions/path"},"additionalProperties":{"$ref":"#/definitions/file"}},"settings":{"type":"object","propertyNames":{"$ref":"#/definitions/path"},"additionalProperties":{"$ref":"#/definitions/settings"}},"blocks":{"type":"object","propertyNames":{"$ref":"#/definitions/path"},"additionalProperties":{"$ref":"#/definitions/block"}},"sequence":{"type":"array","items":{"if":{"required":["unit"]},"then":{"$ref":"#/definitions/unit"},"else":{"$ref":"#/definitions/action"}}},"commitConfirm":{"$ref":"#/definitions/commitConfirm"}}},"repository":{"type":"object","required":["uri","suites","components","key"],"additionalProperties":false,"properties":{"uri":{"type":"string","pattern":"^(https?|file|cdrom|mirror)[:+][^\\s]+$"},"suites":{"type":"array","minItems":1,"items":{"type":"string","pattern":"^[^\\s]+$"}},"components":{"type":"array","items":{"type":"string","pattern":"^[^\\s]+$"}},"key":{"if":{"required":["armored"]},"then":{"type":"object","additionalProperties":false,"properties":{"armored":{"type":"string","pattern":"-----BEGIN PGP PUBLIC KEY BLOCK-----"}}},"else":{"type":"object","required":["url"],"additionalProperties":false,"properties":{"url":{"type":"string","pattern":"^https?://[^\\s]+$"},"fingerprint":{"type":"string","pattern":"^([0-9A-Fa-f]{4} *){10}$"}}}}}},"group":{"type":"object","additionalProperties":false,"properties":{"gid":{"$ref":"#/definitions/number"},"system":{"type":"boolean"}}},"user":{"type":"object","additionalProperties":false,"properties":{"uid":{"$ref":"#/definitions/number"},"group":{"$ref":"#/definitions/accountName"},"groups":{"type":"array","items":{"$ref":"#/definitions/accountName"}},"home":{"$ref":"#/definitions/path"},"shell":{"$ref":"#/definitions/path"},"system":{"type":"boolean"}}},"directory":{"type":"object","additionalProperties":false,"properties":{"owner":{"$ref":"#/definitions/accountName"},"group":{"$ref":"#/definitions/accountName"},"mode":{"$ref":"#/definitions/mode"}}},"file":{"type":"object","required":["content"],"additionalProperties":false,"properties":{"content":{"type":"string"},"owner":{"$ref":"#/definitions/accountName"},"group":{"$ref":"#/definitions/accountName"},"mode":{"$ref":"#/definitions/mode"},"secret":{"type":"boolean"},"validate":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/text"}}}},"settings":{"type":"object","required":["syntax","set"],"additionalProperties":false,"properties":{"syntax":{"enum":["oned","yaml","ini","shell"]},"secret":{"type":"boolean"},"set":{"type":"array","minItems":1,"items":{"type":"object","required":["path","value"],"additionalProperties":false,"properties":{"path":{"type":"array","minItems":1,"items":{"type":"string","pattern":"^[^\\n\\u0000]*$"}},"value":{"$ref":"#/definitions/text"}}}}}},"block":{"type":"object","required":["content"],"additionalProperties":false,"properties":{"content":{"$ref":"#/definitions/text"},"marker":{"$ref":"#/definitions/line"}}},"unit":{"type":"object","required":["unit"],"additionalProperties":false,"properties":{"unit":{"type":"string","pattern":"^[A-Za-z0-9:_.@\\\\-]+\\.(service|socket|timer|path|target|mount|slice)$"},"state":{"enum":["active","inactive","any"]},"enabled":{"enum":["enabled","disabled","masked","any"]},"restartOn":{"$ref":"#/definitions/causes"},"reload":{"type":"boolean"},"ready":{"type":"string","pattern":"^(tcp:.+:[0-9]+|https?://[^\\s]+|file:/.+)$"},"timeoutSeconds":{"$ref":"#/definitions/seconds"}}},"action":{"type":"object","required":["action","needed","run"],"additionalProperties":false,"properties":{"action":{"$ref":"#/definitions/name"},"needed":{"$ref":"#/definitions/text"},"run":{"$ref":"#/definitions/text"},"undo":{"$ref":"#/definitions/text"},"environment":{"type":"object","propertyNames":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_]*$"},"additionalProperties":{"$ref":"#/definitions/text"}},"user":{"$ref":"#/definitions/accountName"},"timeoutSeconds":{"$ref":"#/definitions/seconds"},"rerunOn":{"$ref":"#/definitions/causes"}}},"commitConfirm":{"type":"object","required":["deadlineSeconds","activate","restore","activateOn"],"additionalProperties":false,"properties":{"deadlineSeconds":{"$ref":"#/definitions/seconds"},"activate":{"$ref":"#/definitions/text"},"restore":{"$ref":"#/definitions/text"},"activateOn":{"type":"array","minItems":1,"items":{"$ref":"#/definitions/cause"}}}}}}
""")


# ---- settings ----
# Files that others own: single keys and marked blocks in them.


def decode(data):
    return data.decode("utf-8", "surrogateescape")


def encode(text):
    return text.encode("utf-8", "surrogateescape")


def read_editable(path):
    """The file behind a path (links are followed: the file they name is what its package reads); None if there is none."""
    found = Found(os.path.realpath(path))
    if found.exists and found.data is None:
        raise Failure(f"{path}: no ordinary file")
    return found if found.exists else None


def put_back(found, text):
    replace_file(found.path, encode(text), (found.status.st_uid, found.status.st_gid, found.mode))


def converge_settings(run, manifest, path, entry):
    run.at(f"setting {path}")
    get, put, _ = SYNTAXES[entry["syntax"]]
    found = read_editable(path)
    if found is None:
        if run.check:
            run.change("setting", path, "updated", "the file is missing")
            return
        raise Failure(f"{path}: there is no such file to edit: which package brings it? List that package in `packages`")
    text = new = decode(found.data)
    owned = manifest.owned(run.layer, "setting")
    record = owned.get(path, {"syntax": entry["syntax"], "keys": {}})
    details = []
    try:
        for item in entry["set"]:
            key = json.dumps(item["path"])
            current = get(new, item["path"])
            note = record["keys"].setdefault(key, {"original": current, "written": []})
            note["written"] = [*[word for word in note["written"] if word != digest(item["value"])][-1:], digest(item["value"])]
            if current == item["value"]:
                continue
            new = put(new, item["path"], item["value"])
            if get(new, item["path"]) != item["value"]:
                raise EditError(f"{show_path(item['path'])}: the value does not survive in this syntax: is a quote missing?")
            details.append(describe(run, entry, item, current))
    except EditError as error:
        raise Failure(f"{path}: {error}") from None
    if not details:
        if not run.check:
            owned[path] = record
        return
    if not run.check:
        owned[path] = record
        owe(run, manifest, [path])
        put_back(found, new)
    run.change("setting", path, "updated", "; ".join(details))


def show_path(path):
    return " > ".join(path)


def describe(run, entry, item, current):
    name = show_path(item["path"])
    # What stood there before a secret is most likely a secret too.
    if entry.get("secret") or run.redact(item["value"]) != item["value"]:
        return f"{name} differs"
    return f"{name}: {'absent' if current is None else current}, wanted {item['value']}"


def release_settings(run, manifest, path, record, kept_keys=()):
    """Keys leave the state: their former values come back, unless somebody has changed them since."""
    run.at(f"setting {path}")
    get, put, unset = SYNTAXES[record["syntax"]]
    leaving = [key for key in record["keys"] if key not in kept_keys]
    found = read_editable(path) if leaving else None
    new = text = decode(found.data) if found else ""
    for key in leaving:
        words, note = json.loads(key), record["keys"][key]
        try:
            current = get(new, words)
            if found and current is not None and digest(current) in note["written"] and current != note["original"]:
                new = unset(new, words) if note["original"] is None else put(new, words, note["original"])
        except EditError as error:
            run.change("setting", path, "kept", f"{show_path(words)}: {error}")
    if new != text:
        run.change("setting", path, "restored", ", ".join(show_path(json.loads(key)) for key in leaving))
    if run.check:
        return
    if new != text:
        owe(run, manifest, [path])
        put_back(found, new)
    for key in leaving:
        del record["keys"][key]


def marker_of(run, entry):
    return entry.get("marker", run.layer)


def converge_block(run, manifest, path, entry):
    run.at(f"block {path}")
    marker = marker_of(run, entry)
    found = read_editable(path)
    text = decode(found.data) if found else ""
    content = entry["content"] if entry["content"].endswith("\n") or not entry["content"] else entry["content"] + "\n"
    owned = manifest.owned(run.layer, "block")
    record = owned.get(path, {"marker": marker, "made": found is None})
    try:
        current = get_block(text, marker)
        new = text
        if record["marker"] != marker:
            new = unset_block(new, record["marker"])
        new = set_block(new, marker, content) if current != content else new
    except EditError as error:
        raise Failure(f"{path}: {error}") from None
    if not run.check:
        owned[path] = {**record, "marker": marker}
    if new == text:
        return
    if not run.check:
        make_parents(run, manifest, path)
        owe(run, manifest, [path])
        if found:
            put_back(found, new)
        else:
            replace_file(path, encode(new), (os.geteuid(), os.getegid(), 0o644))
    run.change("block", path, "created" if current is None else "updated")


def release_block(run, manifest, path, record):
    run.at(f"block {path}")
    found = read_editable(path)
    if found is None:
        return
    text = decode(found.data)
    try:
        new = unset_block(text, record["marker"])
    except EditError as error:
        run.change("block", path, "kept", str(error))
        return
    if new == text:
        return
    run.change("block", path, "removed")
    if run.check:
        return
    owe(run, manifest, [path])
    if record.get("made") and not new.strip():
        remove_if_there(found.path)
    else:
        put_back(found, new)


# ---- packages ----
# Packages through apt, with services kept from starting; repositories and their keys.


APT_SECONDS = 1800
LOCK_WAIT_SECONDS = 600
UPDATE_ATTEMPTS = 5
FRESH_SECONDS = 600
APT_LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock")
APT_ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBIAN_PRIORITY": "critical",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
}
APT_OPTIONS = ["-q", "-y", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
               "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120", "-o", "APT::Install-Recommends=false"]
POLICY = "/usr/sbin/policy-rc.d"
POLICY_SAVED = "/usr/sbin/policy-rc.d.before-opennebula-scaleway"
# The lock is held by the converger and by the apt that it starts, and the kernel drops it with the last of them: a policy
# left behind by a kill denies nothing.
POLICY_TEXT = f"""#!/bin/sh
# opennebula-scaleway: packages do not start services while the converger installs them
# A reload starts nothing, and what runs already must learn of what was installed: dbus of polkitd's account, for one.
case "$2" in reload | force-reload) exit 0 ;; esac
flock --nonblock --shared {RUN_DIR}/apt.lock true || exit 101
if [ -x {POLICY_SAVED} ]; then exec {POLICY_SAVED} "$@"; fi
exit 0
"""


def installed_versions(names):
    """Version of each of these packages that is installed and configured."""
    if not names:
        return {}
    result = execute(["dpkg-query", "-W", "-f", "${db:Status-Status} ${db:Status-Eflag}\t${Package}\t${Version}\n", *names])
    versions = {}
    for line in result.output.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[0] == "installed ok":
            versions[fields[1]] = fields[2]
    return versions


def satisfies(version, wanted):
    """`*` any, `7.0.*` by pattern (an epoch may be left out), else exactly."""
    forms = () if version is None else (version, version.partition(":")[2] or version)
    return any(fnmatch.fnmatchcase(form, wanted) for form in forms)


def converge_packages(run, manifest, wanted):
    run.at("packages")
    versions = installed_versions(sorted(wanted))
    run.versions = versions
    missing = [name for name in sorted(wanted) if not satisfies(versions.get(name), wanted[name])]
    if run.check:
        for name in missing:
            run.change("package", name, "updated" if name in versions else "installed",
                       f"{versions[name]} does not match {wanted[name]}" if name in versions else "is not installed")
        return
    owned = manifest.owned(run.layer, "package")
    for name in wanted:
        owned.setdefault(name, {"installed": name not in versions})
    if missing:
        owe(run, manifest, [f"package:{name}" for name in missing])
        install(run, manifest, [name if wanted[name] == "*" else f"{name}={wanted[name]}" for name in missing])
        after = installed_versions(sorted(wanted))
        for name in missing:
            if not satisfies(after.get(name), wanted[name]):
                raise Failure(f"package {name}: apt succeeded, but {after.get(name, 'nothing')} is installed, wanted"
                              f" {wanted[name]}")
            run.change("package", name, "updated" if name in versions else "installed", after[name])
        versions = after
    run.versions = {name: versions[name] for name in sorted(wanted)}


def install(run, manifest, specifications):
    run.at(f"packages {', '.join(specifications)}")
    with services_denied() as descriptor:
        repair_dpkg(descriptor)
        update_lists(run, manifest)
        result = apt(["install", *specifications], descriptor)
        if result.code != 0:
            # Lists may be newer at the mirror than here: once more with fresh ones.
            update_lists(run, manifest, force=True)
            result = apt(["install", *specifications], descriptor)
        if result.code != 0:
            why = f"no end after {APT_SECONDS} s" if result.code is None else f"exit status {result.code}"
            raise Failure(f"apt-get install: {why}", result.lines())


def apt(words, descriptor):
    wait_for_apt_locks()
    return execute(["apt-get", *APT_OPTIONS, *words], timeout=APT_SECONDS, env=APT_ENVIRONMENT, pass_fds=(descriptor,))


def repair_dpkg(descriptor):
    """Finishes what an interrupted dpkg has left half done."""
    if not execute(["dpkg", "--audit"]).output.strip() and not glob.glob("/var/lib/dpkg/updates/[0-9]*"):
        return
    wait_for_apt_locks()
    execute(["dpkg", "--configure", "-a", "--force-confdef", "--force-confold"], timeout=APT_SECONDS,
            env=APT_ENVIRONMENT, pass_fds=(descriptor,))
    result = apt(["--fix-broken", "install"], descriptor)
    if result.code != 0:
        raise Failure("packages were left half installed and `apt-get --fix-broken install` cannot finish them", result.lines())


def update_lists(run, manifest, force=False):
    """`apt-get update`, unless just done with the same sources. A mirror that fails is asked again, more slowly each time."""
    stamp = os.path.join(STATE_DIR, "apt-updated")
    pending = manifest.layer(run.layer)["pending"]
    fresh = os.path.exists(stamp) and time.time() - os.path.getmtime(stamp) < FRESH_SECONDS
    if fresh and not force and "apt-update" not in pending:
        return
    for attempt in range(1, UPDATE_ATTEMPTS + 1):
        wait_for_apt_locks()
        result = execute(["apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=2", "update"],
                         timeout=600, env=APT_ENVIRONMENT)
        if result.code == 0:
            break
        if attempt == UPDATE_ATTEMPTS:
            raise Failure(f"apt-get update failed {attempt} times: is the package mirror reachable from the host?",
                          result.lines())
        pause = 2 ** attempt * random.uniform(0.5, 1)
        run.log(f"apt-get update failed (attempt {attempt}), again in {pause:.0f} s")
        time.sleep(pause)
    with open(stamp, "w", encoding="ascii"):
        os.utime(stamp)
    pending.pop("apt-update", None)
    manifest.save()


def wait_for_apt_locks():
    """Waits until no other apt or dpkg works (cloud-init, unattended upgrades, one orphaned by a kill)."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    for path in APT_LOCKS:
        while not lock_is_free(path):
            if time.monotonic() > deadline:
                raise Failure(f"{path} has been locked for {LOCK_WAIT_SECONDS} s{holder(path)}: another package manager runs"
                              " on the host; wait for it or end it, then run again")
            time.sleep(0.5)


def lock_is_free(path):
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except (BlockingIOError, PermissionError):
        return False
    finally:
        os.close(descriptor)


def holder(path):
    """` by process 123 (apt-get)`, if the kernel tells."""
    inode = str(os.stat(path).st_ino)
    with open("/proc/locks", encoding="ascii") as locks:
        for fields in map(str.split, locks):
            if len(fields) > 5 and fields[5].split(":")[-1] == inode:
                with contextlib.suppress(OSError), open(f"/proc/{fields[4]}/comm", encoding="utf-8") as comm:
                    return f" by process {fields[4]} ({comm.read().strip()})"
    return ""


@contextlib.contextmanager
def services_denied():
    """Puts the policy in place; yields the lock's descriptor, which apt inherits."""
    os.makedirs(RUN_DIR, 0o755, exist_ok=True)
    wait_for_apt_locks()
    path = os.path.join(RUN_DIR, "apt.lock")
    with contextlib.suppress(FileNotFoundError):
        # A new inode: a process that inherited the last one cannot hold us up.
        os.unlink(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        found = Found(POLICY)
        if found.exists and found.data != POLICY_TEXT.encode():
            os.replace(POLICY, POLICY_SAVED)
        replace_file(POLICY, POLICY_TEXT.encode(), (0, 0, 0o755))
        yield descriptor
    finally:
        remove_policy()
        os.close(descriptor)


def remove_policy():
    if os.path.lexists(POLICY_SAVED):
        os.replace(POLICY_SAVED, POLICY)
    elif Found(POLICY).data == POLICY_TEXT.encode():
        os.unlink(POLICY)


def remove_stale_policy():
    """One that a killed apply has left; while the apt that it started still works, it stays."""
    if Found(POLICY).data == POLICY_TEXT.encode() and all(lock_is_free(path) for path in APT_LOCKS):
        remove_policy()


def repository_files(name, repository, key_text):
    """The two files that make a repository; a repository whose key is not known yet has only one."""
    key_path = f"/etc/apt/keyrings/{name}.asc"
    lines = ["# opennebula-scaleway", "Types: deb", f"URIs: {repository['uri']}", f"Suites: {' '.join(repository['suites'])}"]
    if repository["components"]:
        lines.append(f"Components: {' '.join(repository['components'])}")
    lines.append(f"Signed-By: {key_path}")
    label = {"kind": "repository", "ident": name}
    files = {f"/etc/apt/sources.list.d/{name}.sources": {"content": "\n".join(lines) + "\n", **label}}
    if key_text is not None:
        files[key_path] = {"content": key_text, **label}
    return files


def repository_key(run, manifest, name, key):
    """The armoured key: given, as it stands on the host, or fetched; None when a check would have to fetch it."""
    if "armored" in key:
        return key["armored"] if key["armored"].endswith("\n") else key["armored"] + "\n"
    path = f"/etc/apt/keyrings/{name}.asc"
    owned = manifest.owned(run.layer, "repositoryKey")
    source = digest(f"{key['url']} {key.get('fingerprint', '')}")
    found = Found(path)
    if found.data is not None and owned.get(name, {}).get("source") == source and digest(found.data) == owned[name]["content"]:
        return found.data.decode()
    if run.check:
        run.change("repository", name, "updated", "the key is missing or not the one that was fetched")
        return None
    text = fetch_key(key["url"])
    if key.get("fingerprint") and key["fingerprint"].replace(" ", "").upper() not in fingerprints(text):
        raise Failure(f"{key['url']}: the key there has not the fingerprint {key['fingerprint']} but"
                      f" {', '.join(fingerprints(text)) or 'none that can be read'}")
    owned[name] = {"source": source, "content": digest(text)}
    return text


def fetch_key(url):
    # Imported here: slow to load, and only a new repository needs it.
    import urllib.error
    import urllib.request
    problem = None
    for attempt in range(4):
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                text = response.read(1 << 20).decode("ascii")
                if "BEGIN PGP PUBLIC KEY BLOCK" not in text:
                    raise Failure(f"{url}: no armoured public key is served there")
                return text
        except (OSError, UnicodeDecodeError) as error:
            problem = error
            # Who says that it is not there says so the next time too.
            if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404, 410):
                break
            time.sleep(2 ** attempt * random.uniform(0.5, 1))
    raise Failure(f"{url}: the repository's key cannot be fetched: {problem}")


def fingerprints(armored):
    """Fingerprints of the version 4 public keys (RFC 4880, 12.2) in an armoured block."""
    block = armored.replace("\r", "").split("-----BEGIN PGP PUBLIC KEY BLOCK-----")[-1].split("-----END")[0]
    lines = block.split("\n\n", 1)[-1]
    data = base64.b64decode("".join(line for line in lines.splitlines() if line and not line.startswith("=")))
    found, position = [], 0
    while position + 2 < len(data):
        tag = data[position]
        if tag & 0x40:
            kind, size, header = tag & 0x3F, data[position + 1], 2
            if 192 <= size < 224:
                size, header = ((size - 192) << 8) + data[position + 2] + 192, 3
            elif size == 255:
                size, header = int.from_bytes(data[position + 2:position + 6], "big"), 6
        else:
            kind, width = (tag >> 2) & 0xF, (1, 2, 4, 0)[tag & 3]
            size, header = int.from_bytes(data[position + 1:position + 1 + width], "big") if width else len(data), 1 + width
        body = data[position + header:position + header + size]
        if kind in (6, 14) and body[:1] == b"\x04":
            found.append(hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper())
        position += header + size
    return found


# ---- system ----
# Groups, users, kernel modules and sysctls.


CAP_SYS_MODULE = 16


def find_group(name):
    try:
        return grp.getgrnam(name)
    except KeyError:
        return None


def find_user(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def converge_group(run, manifest, name, entry):
    run.at(f"group {name}")
    found = find_group(name)
    if found is not None:
        if "gid" in entry and found.gr_gid != entry["gid"]:
            text = f"has number {found.gr_gid}, wanted {entry['gid']}"
            if not run.check:
                raise Failure(f"group {name} {text}: files belong to that number, so it is never changed; rename the group"
                              " that is in the way")
            run.change("group", name, "updated", text)
        return
    if not run.check:
        manifest.owned(run.layer, "group")[name] = {"made": True}
        manifest.save()
        number = ["--gid", str(entry["gid"])] if "gid" in entry else []
        require(["groupadd", *number, *(["--system"] if entry.get("system") else []), name], f"groupadd {name}")
    run.change("group", name, "created")


def converge_user(run, manifest, name, entry):
    run.at(f"user {name}")
    found = find_user(name)
    if found is None:
        if not run.check:
            manifest.owned(run.layer, "user")[name] = {"made": True, "groups": []}
            manifest.save()
            require(useradd(name, entry), f"useradd {name}")
        run.change("user", name, "created")
        return
    if "uid" in entry and found.pw_uid != entry["uid"]:
        text = f"has number {found.pw_uid}, wanted {entry['uid']}"
        if not run.check:
            raise Failure(f"user {name} {text}: files belong to that number, so it is never changed; rename the user"
                          " that is in the way")
        run.change("user", name, "updated", text)
        return
    wanted = [("--home", "home", found.pw_dir), ("--shell", "shell", found.pw_shell)]
    if "group" in entry:
        primary = find_group(entry["group"])
        wanted.append(("--gid", "group", entry["group"] if primary and primary.gr_gid == found.pw_gid else str(found.pw_gid)))
    words, texts = [], []
    for option, key, current in wanted:
        if key in entry and entry[key] != current:
            words += [option, entry[key]]
            texts.append(f"{key} {current}, wanted {entry[key]}")
    if words:
        if not run.check:
            require(["usermod", *words, name], f"usermod {name}")
        run.change("user", name, "updated", "; ".join(texts))


def useradd(name, entry):
    words = ["useradd"]
    for option, key in (("--uid", "uid"), ("--home-dir", "home"), ("--shell", "shell"), ("--gid", "group")):
        if key in entry:
            words += [option, str(entry[key])]
    if "group" not in entry:
        # A group of the same name may have been made already, with a number of its own.
        words += ["--gid", name] if find_group(name) else ["--user-group"]
    words += ["--system"] if entry.get("system") else ["--create-home"]
    return [*words, name]


def converge_memberships(run, manifest, name, entry):
    """After the packages, since packages make many of the groups."""
    run.at(f"user {name}")
    for group in entry.get("groups", []):
        found = find_group(group)
        if found is not None and name in found.gr_mem:
            continue
        if not run.check:
            if found is None:
                raise Failure(f"user {name}: group {group} is no group of this host; name it in `groups` or name the package"
                              " that makes it")
            note = manifest.owned(run.layer, "user").setdefault(name, {"made": False, "groups": []})
            note["groups"] = sorted({*note["groups"], group})
            manifest.save()
            require(["usermod", "--append", "--groups", group, name], f"usermod {name}")
        run.change("user", name, "updated", f"joins group {group}")


def release_user(run, name, record, kept_groups=()):
    """Users and groups stay, since files may belong to them; memberships that we made go."""
    run.at(f"user {name}")
    for group in [group for group in record["groups"] if group not in kept_groups]:
        found = find_group(group)
        if found is not None and name in found.gr_mem:
            if not run.check:
                require(["gpasswd", "--delete", name, group], f"gpasswd {name}")
            run.change("user", name, "updated", f"leaves group {group}")
        if not run.check:
            record["groups"].remove(group)


def sysctl_path(key):
    # Written with slashes, dots are part of a name (eth0.100).
    return os.path.join("/proc/sys", key if "/" in key else key.replace(".", "/"))


def read_sysctl(key):
    try:
        with open(sysctl_path(key), encoding="ascii") as source:
            return " ".join(source.read().split())
    except OSError:
        return None


def write_sysctl(key, value):
    try:
        with open(sysctl_path(key), "w", encoding="ascii") as target:
            target.write(value)
    except FileNotFoundError:
        raise Failure(f"sysctl {key}: this kernel has no such key; is the kernel module listed that brings it?") from None
    except OSError as error:
        raise Failure(f"sysctl {key} = {value}: {error.strerror}") from None


def converge_sysctls(run, manifest, wanted):
    owned = manifest.owned(run.layer, "sysctl")
    for key in sorted(wanted):
        run.at(f"sysctl {key}")
        current, value = read_sysctl(key), " ".join(wanted[key].split())
        if not run.check:
            owned.setdefault(key, {"original": current})
        if current == value:
            continue
        if not run.check:
            manifest.save()
            write_sysctl(key, value)
        run.change("sysctl", key, "updated", f"{'absent' if current is None else current}, wanted {value}")


def release_sysctl(run, manifest, key, record):
    run.at(f"sysctl {key}")
    current = read_sysctl(key)
    if manifest.others(run.layer, "sysctl", key) or record["original"] is None or current in (None, record["original"]):
        return
    if not run.check:
        write_sysctl(key, record["original"])
    run.change("sysctl", key, "restored", record["original"])


def converge_modules(run, names):
    for name in names:
        run.at(f"kernel module {name}")
        if module_is_there(name):
            continue
        if not may_load_modules():
            # The same condition under which systemd-modules-load.service does not run.
            run.unmet.append(f"module:{name}")
            continue
        if not run.check:
            require(["modprobe", name], f"modprobe {name}")
        run.change("module", name, "loaded")


def module_is_there(name):
    """Loaded or built in."""
    canonical_name = name.replace("-", "_")
    if os.path.isdir(f"/sys/module/{canonical_name}"):
        return True
    listing = execute(["modprobe", "--show-depends", name])
    return listing.code == 0 and listing.output.startswith("builtin")


def may_load_modules():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> CAP_SYS_MODULE & 1)
    return False


def derived_files(layer, state):
    """Files that make module loading and sysctls last over a reboot, and the settings of apt."""
    files = {}
    for name, content in sorted(state.get("aptSettings", {}).items()):
        files[f"/etc/apt/apt.conf.d/{name}"] = {"content": content, "kind": "aptSetting", "ident": name}
    if state.get("kernelModules"):
        files[f"/etc/modules-load.d/{MARK}-{layer}.conf"] = {
            "content": "".join(f"{name}\n" for name in state["kernelModules"]), "kind": "module", "ident": "at boot"}
    if state.get("sysctls"):
        # Files count in the order of their names, and distributions have some that begin with 99 (Debian's 99-protect-links.conf).
        files[f"/etc/sysctl.d/99-zz-{MARK}-{layer}.conf"] = {
            "content": "".join(f"{key} = {value}\n" for key, value in sorted(state["sysctls"].items())),
            "kind": "sysctl", "ident": "at boot"}
    return files


# ---- units ----
# systemd units: enabled, running, restarted when their inputs changed, ready.


PROPERTIES = ("LoadState", "ActiveState", "SubState", "UnitFileState", "ConditionResult", "ConditionTimestampMonotonic",
              "NeedDaemonReload", "Type", "RemainAfterExit", "Result", "CanReload", "ExecMainExitTimestampMonotonic")
# States that enabling cannot change: the unit has no [Install] section, or is made or named by something else.
FIXED_STATES = ("static", "indirect", "generated", "alias", "transient")
ENABLED_STATES = ("enabled", "enabled-runtime", *FIXED_STATES)


def show_unit(unit):
    result = execute(["systemctl", "show", "--no-pager", f"--property={','.join(PROPERTIES)}", "--", unit])
    if result.code != 0:
        raise Failure(f"unit {unit}: systemctl show: exit status {result.code}", result.lines())
    fields = dict(line.split("=", 1) for line in result.output.splitlines() if "=" in line)
    return {name: fields.get(name, "") for name in PROPERTIES}


def systemctl(words, unit, seconds=60):
    result = execute(["systemctl", "--no-pager", *words, unit], timeout=seconds)
    if result.code != 0:
        why = f"no end after {seconds:.0f} s" if result.code is None else f"exit status {result.code}"
        raise Failure(f"unit {unit}: systemctl {words[0]}: {why}", last_lines(unit) or result.lines())


def last_lines(unit):
    return execute(["journalctl", "--no-pager", "--quiet", "-o", "cat", "-n", "30", "-u", unit]).lines()


def condition_unmet(status):
    """systemd was asked to start it and did not, because a Condition...= of the unit does not hold on this host."""
    return (status["ActiveState"] == "inactive" and status["ConditionResult"] == "no"
            and status["ConditionTimestampMonotonic"] not in ("", "0"))


def has_run(status):
    """A oneshot unit that does not stay active has done its work in this boot."""
    return (status["Type"] == "oneshot" and status["RemainAfterExit"] == "no" and status["ActiveState"] == "inactive"
            and status["Result"] == "success" and status["ExecMainExitTimestampMonotonic"] not in ("", "0"))


def unit_original(unit):
    """What the unit was before us, for the undo."""
    status = show_unit(unit)
    return {"enabled": status["UnitFileState"] if status["LoadState"] != "not-found" else "absent",
            "active": status["ActiveState"] in ("active", "activating", "reloading")}


def set_enabled(run, unit, wanted, current):
    """Brings the unit file to `enabled`, `disabled` or `masked`."""
    if wanted == "any":
        return
    state = current["UnitFileState"]
    if wanted == "enabled":
        fine = state in ENABLED_STATES
    elif wanted == "disabled":
        fine = state in ("disabled", *FIXED_STATES) or current["LoadState"] == "not-found"
    else:
        fine = state in ("masked", "masked-runtime") or current["LoadState"] == "masked"
    if fine:
        return
    if not run.check:
        if wanted != "masked" and state.startswith("masked"):
            systemctl(["unmask"], unit)
        systemctl([{"enabled": "enable", "disabled": "disable", "masked": "mask"}[wanted]], unit)
    run.change("unit", unit, wanted, f"was {state or current['LoadState']}")


def wanted_enabled(step):
    return step.get("enabled", "enabled" if step.get("state", "active") == "active" else "any")


def converge_unit(run, step, pending):
    """`pending`: what has changed since the unit was last (re)started. Returns when the unit stands as wanted."""
    unit, wanted = step["unit"], step.get("state", "active")
    run.at(f"unit {unit}")
    deadline = time.monotonic() + step.get("timeoutSeconds", 90)
    status = show_unit(unit)
    if status["LoadState"] == "not-found" and (wanted == "active" or wanted_enabled(step) == "enabled"):
        if run.check:
            run.change("unit", unit, "started", "there is no such unit")
            return
        raise Failure(f"unit {unit}: there is no such unit: which package or file brings it?")
    if wanted == "inactive":
        if status["ActiveState"] not in ("inactive", "failed"):
            if not run.check:
                systemctl(["stop"], unit, deadline - time.monotonic())
            run.change("unit", unit, "stopped")
        set_enabled(run, unit, wanted_enabled(step), status)
        return
    set_enabled(run, unit, wanted_enabled(step), status)
    running = status["ActiveState"] in ("active", "reloading")
    if pending and (running or (wanted == "active" and has_run(status))):
        restart(run, step, status, pending, deadline)
    elif wanted == "active" and not running and not has_run(status):
        start(run, unit, status, deadline)
    if wanted == "active":
        await_active(run, step, deadline)


def restart(run, step, status, pending, deadline):
    unit = step["unit"]
    word = "restart"
    # A new program, or a new way to start it, needs a new process.
    beyond = any(cause.startswith("package:") or is_unit_file(cause) for cause in pending)
    if step.get("reload") and status["CanReload"] == "yes" and not beyond:
        word = "reload"
    if not run.check:
        reset_start_limit(unit)
        systemctl([word], unit, max(1, deadline - time.monotonic()))
        run.restarted.append(unit)
    run.change("unit", unit, f"{word}ed", f"changed: {', '.join(pending)}")


def reset_start_limit(unit):
    """Earlier runs that were killed may have used up the starts that systemd allows in a row."""
    execute(["systemctl", "reset-failed", "--", unit])


def start(run, unit, status, deadline):
    if run.check:
        if condition_unmet(status):
            return
        run.change("unit", unit, "started", f"is {status['ActiveState']}")
        return
    reset_start_limit(unit)
    systemctl(["start"], unit, max(1, deadline - time.monotonic()))
    if not condition_unmet(show_unit(unit)):
        run.change("unit", unit, "started")


def await_active(run, step, deadline):
    unit = step["unit"]
    problem = None
    while True:
        status = show_unit(unit)
        if condition_unmet(status):
            if unit not in run.unmet:
                run.unmet.append(unit)
            return
        if status["ActiveState"] == "failed":
            problem = f"has failed ({status['Result']})"
        elif status["ActiveState"] == "active" or has_run(status):
            problem = None if not step.get("ready") else not_ready(step["ready"])
            if problem is None:
                return
        else:
            problem = f"is {status['ActiveState']} ({status['SubState']})"
        if run.check:
            if status["ActiveState"] == "active":
                run.change("unit", unit, "restarted", problem)
            return
        if status["ActiveState"] == "failed" or time.monotonic() > deadline:
            raise Failure(f"unit {unit} {problem}" if status["ActiveState"] == "failed"
                          else f"unit {unit} {problem} after {step.get('timeoutSeconds', 90)} s", last_lines(unit))
        time.sleep(0.25)


def not_ready(target):
    """None when `tcp:host:port`, `http://...` or `file:/path` answers, else what is wrong."""
    scheme, _, rest = target.partition(":")
    try:
        if scheme == "file":
            return None if os.path.exists(rest) else f"has not made {rest}"
        if scheme == "tcp":
            host, _, port = rest.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), 2).close()
            return None
        return http_problem(target)
    except OSError as error:
        return f"does not answer at {target} ({error})"


def http_problem(target):
    # Imported here: they are slow to load, and most runs do without.
    import http.client
    import ssl
    import urllib.parse
    url = urllib.parse.urlsplit(target)
    if url.scheme == "https":
        # Whether the service answers is asked here, not who it is.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    try:
        connection.request("GET", f"{url.path or '/'}{'?' + url.query if url.query else ''}")
        status = connection.getresponse().status
    except http.client.HTTPException as error:
        return f"does not answer at {target} ({type(error).__name__})"
    finally:
        connection.close()
    return None if status < 500 else f"answers {target} with status {status}"


def final_check(run, steps):
    """A unit that died right after its start must not count as done."""
    for step in steps:
        if "unit" not in step or step.get("state", "active") != "active" or step["unit"] in run.unmet:
            continue
        run.at(f"unit {step['unit']}")
        status = show_unit(step["unit"])
        if status["ActiveState"] not in ("active", "reloading") and not has_run(status):
            raise Failure(f"unit {step['unit']} was active and is {status['ActiveState']} now", last_lines(step["unit"]))


def release_unit(run, unit, original):
    """A unit leaves the state: it stands again as it stood before us."""
    run.at(f"unit {unit}")
    status = show_unit(unit)
    if status["LoadState"] == "not-found":
        return
    running = status["ActiveState"] in ("active", "activating", "reloading")
    if status["UnitFileState"].startswith("masked") and not original["enabled"].startswith("masked"):
        if not run.check:
            systemctl(["unmask"], unit)
        run.change("unit", unit, "unmasked")
        status = show_unit(unit) if not run.check else status
    if running and not original["active"]:
        if not run.check:
            systemctl(["stop"], unit, 120)
        run.change("unit", unit, "stopped")
    state = status["UnitFileState"]
    if state == "enabled" and original["enabled"] in ("disabled", "absent"):
        if not run.check:
            systemctl(["disable"], unit)
        run.change("unit", unit, "disabled")
    if state == "disabled" and original["enabled"] == "enabled":
        if not run.check:
            systemctl(["enable"], unit)
        run.change("unit", unit, "enabled")
    if original["active"] and not running:
        if not run.check:
            systemctl(["start"], unit, 120)
        run.change("unit", unit, "started")


# ---- actions ----
# Guarded shell actions: what no declarative entry expresses.


GUARD_SECONDS = 60
FACT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
FACT_LIMIT = 1 << 16


def shell(run, script, entry, facts, timeout):
    """
    Runs shell text. It travels in an anonymous file, not in the argument list, where every user could read it; its standard
    input is empty.
    """
    descriptor = os.memfd_create("action")
    try:
        os.write(descriptor, script.encode("utf-8"))
        env = {"CONVERGER_FACTS": facts, "CONVERGER_HOST": run.host, "CONVERGER_LAYER": run.layer,
               **entry.get("environment", {})}
        # When we are killed the script ends too: the next converger must not meet it at work.
        words = ["setpriv", "--pdeathsig", "KILL", "bash", "-euo", "pipefail", f"/dev/fd/{descriptor}"]
        return execute(words, timeout=timeout, env=env, user=entry.get("user", "root"), pass_fds=(descriptor,))
    finally:
        os.close(descriptor)


class FactsDirectory:
    """`$CONVERGER_FACTS` of one action; what is written there becomes the action's facts."""

    def __init__(self, user):
        os.makedirs(RUN_DIR, 0o755, exist_ok=True)
        self.path = tempfile.mkdtemp(prefix="facts-", dir=RUN_DIR)
        if user != "root" and os.geteuid() == 0:
            account = pwd.getpwnam(user)
            os.chown(self.path, account.pw_uid, account.pw_gid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def collect(self):
        facts = {}
        for name in sorted(os.listdir(self.path)):
            path = os.path.join(self.path, name)
            if not FACT_NAME.fullmatch(name) or os.path.islink(path) or not os.path.isfile(path):
                raise Failure(f"fact {name}: a fact is an ordinary file with a name like {FACT_NAME.pattern}")
            with open(path, encoding="utf-8", errors="replace") as source:
                text = source.read(FACT_LIMIT + 1)
            if len(text) > FACT_LIMIT:
                raise Failure(f"fact {name} is longer than {FACT_LIMIT} characters")
            facts[name] = text.removesuffix("\n")
        return facts


def clear_facts_directories():
    """Those that killed runs have left."""
    for path in glob.glob(os.path.join(RUN_DIR, "facts-*")):
        shutil.rmtree(path, ignore_errors=True)


def is_needed(run, entry, facts):
    """Asks the guard: exit status 0 yes, others no; one that cannot run at all is no answer."""
    result = shell(run, entry["needed"], entry, facts.path, GUARD_SECONDS)
    if result.code is None:
        raise Failure(f"action {entry['action']}: the guard had no answer after {GUARD_SECONDS} s", result.lines())
    if result.code in (126, 127) or result.code < 0:
        raise Failure(f"action {entry['action']}: the guard cannot run (exit status {result.code})", result.lines())
    return result.code == 0


def check_action(run, entry, pending):
    name = entry["action"]
    try:
        with FactsDirectory(entry.get("user", "root")) as facts:
            if is_needed(run, entry, facts):
                run.change("action", name, "ran", "its guard says that it is needed")
                return
    except (Failure, KeyError) as problem:
        run.change("action", name, "ran", f"its guard cannot tell: {problem}")
        return
    if pending:
        run.change("action", name, "ran", f"changed: {', '.join(pending)}")


def converge_action(run, manifest, entry, pending):
    name = entry["action"]
    run.at(f"action {name}")
    if run.check:
        check_action(run, entry, pending)
        return
    record = manifest.layer(run.layer)
    user = entry.get("user", "root")
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise Failure(f"action {name}: user {user} is no user of this host; name the user or the package that"
                      " makes it") from None
    with FactsDirectory(user) as facts:
        needed = is_needed(run, entry, facts)
        if needed or pending:
            manifest.owned(run.layer, "action")[name] = undo_record(entry)
            owe(run, manifest, [f"action:{name}"])
            seconds = entry.get("timeoutSeconds", 120)
            result = shell(run, entry["run"], entry, facts.path, seconds)
            if result.code != 0:
                why = f"no end after {seconds} s" if result.code is None else f"exit status {result.code}"
                raise Failure(f"action {name}: {why}", result.lines())
            if is_needed(run, entry, facts):
                raise Failure(f"action {name} ended well, and its guard still says that it is needed", result.lines())
            run.change("action", name, "ran", None if needed else f"changed: {', '.join(pending)}")
        else:
            manifest.owned(run.layer, "action")[name] = undo_record(entry)
        published = facts.collect()
    if published or needed:
        record["facts"][name] = {**record["facts"].get(name, {}), **published}


def undo_record(entry):
    """What the host must remember in order to take the action back; of the environment only what the undo names."""
    if "undo" not in entry:
        return {}
    used = {key: value for key, value in entry.get("environment", {}).items()
            if re.search(rf"\b{re.escape(key)}\b", entry["undo"])}
    return {"undo": entry["undo"], "environment": used, "user": entry.get("user", "root"),
            "timeoutSeconds": entry.get("timeoutSeconds", 120)}


def release_action(run, manifest, name, record):
    run.at(f"action {name}")
    if "undo" in record:
        run.change("action", name, "undone")
        if not run.check:
            with FactsDirectory(record["user"]) as facts:
                result = shell(run, record["undo"], record, facts.path, record["timeoutSeconds"])
            if result.code != 0:
                seconds = record["timeoutSeconds"]
                why = f"no end after {seconds} s" if result.code is None else f"exit status {result.code}"
                raise Failure(f"undo of action {name}: {why}", result.lines())
    if not run.check:
        manifest.layer(run.layer)["facts"].pop(name, None)


def all_facts(record):
    return {key: value for name in sorted(record["facts"]) for key, value in record["facts"][name].items()}


# ---- apply ----
# The order in which a layer comes to hold, and in which it goes.


# Kinds of which nothing is taken away when they leave the state: other things on the host may stand on them.
STAYING = ("package", "group", "user")


def step_key(step):
    return f"unit:{step['unit']}" if "unit" in step else f"action:{step['action']}"


def watched_steps(state):
    """Key and watched causes of each step, and of the activation of a commit-confirmed layer."""
    steps = [{"key": step_key(step), "watches": step.get("restartOn", step.get("rerunOn", []))}
             for step in state.get("sequence", [])]
    if "commitConfirm" in state:
        steps.append({"key": "activate", "watches": state["commitConfirm"]["activateOn"]})
    return steps


def pending_of(manifest, run, key):
    return list(manifest.layer(run.layer)["pending"].get(key, []))


def settle(manifest, run, key):
    if manifest.layer(run.layer)["pending"].pop(key, None) is not None:
        manifest.save()


def converge_layer(run, manifest, state):
    """Everything but the activation of a commit-confirmed layer."""
    run.steps = watched_steps(state)
    refuse_foreign(run, manifest, state)
    for step in state.get("sequence", []):
        if "unit" in step and not run.check:
            manifest.owned(run.layer, "unit").setdefault(step["unit"], None)
    remember_units(run, manifest)
    release_steps(run, manifest, {step_key(step) for step in state.get("sequence", [])})
    files = converge_early(run, manifest, state)
    for path in sorted(state.get("directories", {})):
        converge_directory(run, manifest, path, dict(state["directories"][path]))
    for path in sorted(state.get("files", {})):
        files[path] = dict(state["files"][path])
        converge_file(run, manifest, path, files[path])
    for path in sorted(state.get("settings", {})):
        converge_settings(run, manifest, path, state["settings"][path])
    for path in sorted(state.get("blocks", {})):
        converge_block(run, manifest, path, state["blocks"][path])
    release_entries(run, manifest, state, files)
    if not run.check:
        manifest.save()
    converge_sequence(run, manifest, state.get("sequence", []))
    run.facts = all_facts(manifest.layer(run.layer))


def converge_early(run, manifest, state):
    """Repositories to sysctls. Answers the files that were made from those entries."""
    files = derived_files(run.layer, state)
    for path in [path for path in sorted(files) if files[path]["kind"] == "aptSetting"]:
        converge_file(run, manifest, path, files[path])
    for name in sorted(state.get("repositories", {})):
        run.at(f"repository {name}")
        repository = state["repositories"][name]
        made = repository_files(name, repository, repository_key(run, manifest, name, repository["key"]))
        if not run.check and any(Found(path).data != entry["content"].encode() for path, entry in made.items()):
            manifest.layer(run.layer)["pending"]["apt-update"] = [name]
            manifest.save()
        for path in sorted(made):
            converge_file(run, manifest, path, made[path])
        files.update(made)
    for name in sorted(state.get("groups", {})):
        converge_group(run, manifest, name, state["groups"][name])
    for name in sorted(state.get("users", {})):
        converge_user(run, manifest, name, state["users"][name])
    converge_packages(run, manifest, state.get("packages", {}))
    for name in sorted(state.get("users", {})):
        converge_memberships(run, manifest, name, state["users"][name])
    converge_modules(run, state.get("kernelModules", []))
    for path in [path for path in sorted(files) if files[path]["kind"] in ("module", "sysctl")]:
        converge_file(run, manifest, path, files[path])
    converge_sysctls(run, manifest, state.get("sysctls", {}))
    return files


def refuse_foreign(run, manifest, state):
    """Two layers must not own one file; nothing has been done when this speaks. Repositories and packages are shared."""
    mistakes = []
    for path in state.get("files", {}):
        mistakes += [f"{path} belongs to layer {other}" for other in manifest.others(run.layer, "file", path)]
        for kind in ("setting", "block"):
            mistakes += [f"{path}: layer {other} edits this file" for other in manifest.others(run.layer, kind, path)]
    for kind in ("settings", "blocks"):
        for path in state.get(kind, {}):
            mistakes += [f"{path} belongs to layer {other}" for other in manifest.others(run.layer, "file", path)]
    for path, entry in state.get("settings", {}).items():
        for other in manifest.others(run.layer, "setting", path):
            theirs = manifest.owned(other, "setting")[path]["keys"]
            mistakes += [f"{path}: {' > '.join(item['path'])} belongs to layer {other}" for item in entry["set"]
                         if json.dumps(item["path"]) in theirs]
    if mistakes:
        raise Failure("one thing, two layers: " + "; ".join(sorted(mistakes)) + ". Let one of them own it")


def remember_units(run, manifest):
    """Notes how units stood before the first package or file of this layer touched them."""
    owned = manifest.owned(run.layer, "unit")
    for unit in [unit for unit, original in owned.items() if original is None]:
        owned[unit] = unit_original(unit)
    if not run.check:
        manifest.layer(run.layer)["steps"] = merge_steps(manifest.layer(run.layer)["steps"], run.steps)
        manifest.save()


def merge_steps(old, new):
    """Until the layer holds, the causes of its last state count as well."""
    merged = {step["key"]: step for step in old}
    for step in new:
        before = merged.pop(step["key"], {"watches": []})
        merged[step["key"]] = {"key": step["key"], "watches": sorted({*before["watches"], *step["watches"]})}
    return list(merged.values())


def attempt(run, release):
    """True when it worked. An undo goes on after a failure, and tells at its end."""
    try:
        release()
        return True
    except Failure as failure:
        if not run.undoing:
            raise
        run.failures.append(Failure(f"{run.step}: {failure.message}", failure.lines))
        return False


def release_steps(run, manifest, kept):
    """Units and actions that left the state, last first. What belongs to a layer that goes wholly has `kept` empty."""
    record = manifest.layer(run.layer)
    units, actions = manifest.owned(run.layer, "unit"), manifest.owned(run.layer, "action")
    order = [step["key"] for step in record["steps"]]
    leaving = [key for key in [f"unit:{name}" for name in units] + [f"action:{name}" for name in actions] if key not in kept]
    for key in sorted(leaving, key=lambda item: -order.index(item) if item in order else 1):
        kind, _, name = key.partition(":")
        done = attempt(run, lambda: release_step(run, manifest, kind, name))
        if done and not run.check:
            (units if kind == "unit" else actions).pop(name)
            record["steps"] = [step for step in record["steps"] if step["key"] != key]
            record["pending"].pop(key, None)
            manifest.save()


def release_step(run, manifest, kind, name):
    record = manifest.owned(run.layer, kind)[name]
    if kind == "action":
        release_action(run, manifest, name, record)
    elif record is not None and not manifest.others(run.layer, "unit", name):
        release_unit(run, name, record)


def release_entries(run, manifest, state, files):
    """Everything else that left the state."""
    def drop(kind, kept, release):
        owned = manifest.owned(run.layer, kind)
        for ident in sorted(owned, reverse=True):
            if ident in kept:
                continue
            if attempt(run, lambda: release(ident, owned[ident])) and not run.check:
                del owned[ident]
                manifest.save()

    drop("block", state.get("blocks", {}), lambda path, record: release_block(run, manifest, path, record))
    for path, entry in state.get("settings", {}).items():
        if path in manifest.owned(run.layer, "setting"):
            kept = {json.dumps(item["path"]) for item in entry["set"]}
            release_settings(run, manifest, path, manifest.owned(run.layer, "setting")[path], kept)
    drop("setting", state.get("settings", {}), lambda path, record: release_settings(run, manifest, path, record))
    drop("file", files, lambda path, record: release_file(run, manifest, path, record))
    drop("repositoryKey", state.get("repositories", {}), lambda *_: None)
    drop("directory", {**state.get("directories", {}), **parents_of(state, files)},
         lambda path, record: release_directory(run, manifest, path, record))
    drop("sysctl", state.get("sysctls", {}), lambda key, record: release_sysctl(run, manifest, key, record))
    for name, record in manifest.owned(run.layer, "user").items():
        release_user(run, name, record, state.get("users", {}).get(name, {}).get("groups", []))
    for kind in STAYING:
        drop(kind, state.get(f"{kind}s", {}), lambda ident, record, kind=kind: tell_staying(run, kind, ident, record))


def tell_staying(run, kind, ident, record):
    if record.get("made") or (record.get("installed") and installed_versions([ident])):
        run.change(kind, ident, "kept", "other things may stand on it")


def parents_of(state, files):
    """Directories above what the state names."""
    found = {}
    for path in [*files, *state.get("blocks", {}), *state.get("directories", {})]:
        parent = path.rpartition("/")[0]
        while parent:
            found[parent] = True
            parent = parent.rpartition("/")[0]
    return found


def converge_sequence(run, manifest, steps):
    record = manifest.layer(run.layer)
    stale = any(show_unit(step["unit"])["NeedDaemonReload"] == "yes" for step in steps if "unit" in step)
    if not run.check and (stale or "daemon-reload" in record["pending"]):
        run.at("systemctl daemon-reload")
        require(["systemctl", "daemon-reload"], "systemctl daemon-reload", timeout=90)
        settle(manifest, run, "daemon-reload")
    for step in steps:
        key = step_key(step)
        if "unit" in step:
            converge_unit(run, step, pending_of(manifest, run, key))
        else:
            converge_action(run, manifest, step, pending_of(manifest, run, key))
        if not run.check:
            settle(manifest, run, key)
    if not run.check:
        final_check(run, steps)


def finish(run, manifest):
    """The layer holds: from here on only this state's causes count."""
    record = manifest.layer(run.layer)
    record["steps"], record["hash"] = run.steps, run.hash
    record["host"] = run.host
    manifest.save()


def undo_layer(run, manifest):
    """Takes a layer away: steps, then entries. What could not be undone stays in the manifest and is told."""
    run.undoing = True
    record = manifest.layer(run.layer)
    release_steps(run, manifest, set())
    release_entries(run, manifest, {}, {})
    if "daemon-reload" in record["pending"]:
        require(["systemctl", "daemon-reload"], "systemctl daemon-reload", timeout=90)
    if run.failures:
        raise Failure("; ".join(failure.message for failure in run.failures), run.failures[0].lines)
    manifest.forget(run.layer)
    manifest.save()


# ---- confirm ----
# Commit-confirmed layers: a change that nobody confirms over a new connection is taken back, also after a reboot.


SHELL_SECONDS = 300
OWN_COPY = f"{STATE_DIR}/converger.py"
BOOT_UNIT = f"{MARK}-rollback.service"
BOOT_UNIT_PATH = f"/etc/systemd/system/{BOOT_UNIT}"
BOOT_UNIT_WANT = f"/etc/systemd/system/multi-user.target.wants/{BOOT_UNIT}"
BOOT_UNIT_TEXT = f"""# opennebula-scaleway
[Unit]
Description=Put back what opennebula-scaleway changed and nobody confirmed
ConditionPathExistsGlob={STATE_DIR}/confirm/*.json
After=network.target

[Service]
Type=exec
ExecStart=/usr/bin/python3 -I -B {OWN_COPY} rollback

[Install]
WantedBy=multi-user.target
"""


def record_path(layer):
    return os.path.join(confirm_directory(), f"{layer}.json")


def bundle_path(layer):
    return os.path.join(confirm_directory(), f"{layer}.bundle")


def load_record(layer):
    try:
        with open(record_path(layer), encoding="utf-8") as source:
            return json.load(source)
    except FileNotFoundError:
        return None


def save_record(layer, record):
    write_private(record_path(layer), json.dumps(record, sort_keys=True, indent=1).encode())


def drop_record(layer):
    remove_if_there(record_path(layer))
    remove_if_there(bundle_path(layer))
    # Glob patterns match loaded timers only, which is what there is to stop.
    execute(["systemctl", "stop", f"{MARK}-rollback-{layer}-*.timer"])


def unsettled(record):
    return record is not None and record["phase"] in ("applying", "armed")


def uptime():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def expired(record):
    """A reboot ends the time as well: nobody can have confirmed what the host booted with."""
    return record["bootId"] != boot_id() or uptime() >= record["deadline"]


def ssh_connection():
    """`SSH_CONNECTION` of the session that we run in: sudo drops it, the processes above us still have it."""
    process = os.getppid()
    for _ in range(16):
        try:
            with open(f"/proc/{process}/environ", "rb") as source:
                for item in source.read().split(b"\0"):
                    if item.startswith(b"SSH_CONNECTION="):
                        return item.partition(b"=")[2].decode()
            with open(f"/proc/{process}/stat", encoding="utf-8") as source:
                process = int(source.read().rpartition(")")[2].split()[1])
        except OSError:
            return ""
        if process <= 1:
            return ""
    return ""


class Guard:
    """What one apply of a commit-confirmed layer needs to take itself back."""

    def __init__(self, run, manifest, state, bundle):
        self.run, self.manifest, self.bundle = run, manifest, bundle
        self.settings = state["commitConfirm"]
        self.record = load_record(run.layer)
        if not unsettled(self.record):
            self.record = None
        layers = manifest.document["layers"]
        self.before = json.loads(json.dumps(layers.get(run.layer)))
        self.found = {path: Found(path) for path in self.paths(state)}

    def paths(self, state):
        """Every file that this apply may touch."""
        owned = (self.before or {}).get("owned", {})
        paths = {path for kind in ("file", "setting", "block") for path in owned.get(kind, {})}
        paths.update(derived_files(self.run.layer, state))
        for name, repository in state.get("repositories", {}).items():
            paths.update(repository_files(name, repository, ""))
        for kind in ("files", "settings", "blocks"):
            paths.update(state.get(kind, {}))
        return {os.path.realpath(path) if path not in state.get("files", {}) else path for path in paths}

    def arm(self):
        """
        Called before the first write that matters: from here on a kill or a reboot ends in a rollback. A change that was never
        confirmed keeps the older record: it leads back to the last state that somebody confirmed.
        """
        if self.record is None:
            self.record = {
                "layer": self.run.layer,
                "host": self.run.host,
                "restore": self.settings["restore"],
                "files": {},
                "before": self.before,
                "activated": False,
            }
        for path, found in self.found.items():
            if path not in self.record["files"] and (not found.exists or found.data is not None or found.link is not None):
                self.record["files"][path] = found.record()
        install_rollback()
        self.save("applying")

    def save(self, phase):
        seconds = self.settings["deadlineSeconds"]
        self.record.update(phase=phase, hash=self.run.hash, bootId=boot_id(), deadline=uptime() + seconds,
                           connection=ssh_connection())
        write_private(bundle_path(self.run.layer), self.bundle)
        # The timer first: a record whose deadline no timer watches would wait for the next boot.
        schedule(self.run.layer, seconds)
        save_record(self.run.layer, self.record)


def install_rollback():
    """Our own copy, which an upgrade in progress cannot tear, and the unit that looks for unconfirmed changes at boot."""
    with open(os.path.abspath(sys.argv[0]), "rb") as source:
        program = source.read()
    if Found(OWN_COPY).data != program:
        write_private(OWN_COPY, program)
    if Found(BOOT_UNIT_PATH).data != BOOT_UNIT_TEXT.encode():
        replace_file(BOOT_UNIT_PATH, BOOT_UNIT_TEXT.encode(), (0, 0, 0o644))
        require(["systemctl", "daemon-reload"], "systemctl daemon-reload")
    if not os.path.lexists(BOOT_UNIT_WANT):
        require(["systemctl", "--quiet", "enable", BOOT_UNIT], f"systemctl enable {BOOT_UNIT}")


def schedule(layer, seconds):
    # A timer of its own for each deadline: one that is outrun by a later deadline finds nothing to do.
    name = f"{MARK}-rollback-{layer}-{time.monotonic_ns()}"
    require(["systemd-run", "--quiet", f"--unit={name}", f"--on-active={seconds}s", "--timer-property=AccuracySec=1s",
             "/usr/bin/python3", "-I", "-B", OWN_COPY, "rollback", layer], "systemd-run")


def apply_guarded(run, manifest, state, bundle):
    """Applies a commit-confirmed layer and leaves its rollback armed if anything had to be activated."""
    guard = Guard(run, manifest, state, bundle)
    if guard.record is None:
        drop_record(run.layer)
    run.before_activation = guard.arm
    try:
        converge_layer(run, manifest, state)
        if manifest.layer(run.layer)["pending"].get("activate"):
            if guard.record is None:
                guard.arm()
            activate(run, manifest, guard)
    except (Failure, OSError) as problem:
        failure = problem if isinstance(problem, Failure) else Failure(f"{type(problem).__name__}: {problem}")
        if guard.record is not None:
            step = run.step
            roll_back(run, manifest, guard.record, "the apply failed")
            run.step = step
            failure.message += "; the layer's files are back as they were"
        raise failure from None
    if guard.record is not None:
        guard.save("armed")
    manifest.layer(run.layer)["restore"] = guard.settings["restore"]
    finish(run, manifest)


def activate(run, manifest, guard):
    run.at("activate")
    guard.record["activated"] = True
    save_record(run.layer, guard.record)
    result = shell(run, guard.settings["activate"], {}, RUN_DIR, SHELL_SECONDS)
    if result.code != 0:
        why = f"no end after {SHELL_SECONDS} s" if result.code is None else f"exit status {result.code}"
        raise Failure(f"activate: {why}", result.lines())
    run.change("activation", run.layer, "ran")
    settle(manifest, run, "activate")


def roll_back(run, manifest, record, why):
    """Puts the files back, runs `restore` if the change had been activated, and remembers that it happened."""
    run.log(f"rolling back: {why}")
    layer, changed = run.layer, []
    for path, original in sorted(record["files"].items()):
        found = Found(path)
        same = original is not None and found.data is not None and found.record() == original
        if same or (original is None and not found.exists):
            continue
        restore_record(path, original)
        changed.append(path)
        run.change("file", path, "rolled back")
    put_back_manifest(manifest, layer, record["before"])
    if record["activated"]:
        run.at("restore")
        result = shell(run, record["restore"], {}, RUN_DIR, SHELL_SECONDS)
        if result.code != 0:
            run.log(f"restore: exit status {result.code}: {' | '.join(result.lines()[-5:])}")
    for step in manifest.layer(layer)["steps"]:
        if step["key"].startswith("unit:") and set(step["watches"]) & set(changed):
            execute(["systemctl", "try-reload-or-restart", step["key"].partition(":")[2]], timeout=90)
    save_record(layer, {"layer": layer, "host": record["host"], "phase": "rolledBack", "hash": record["hash"], "why": why,
                        "bootId": boot_id(), "deadline": 0})
    execute(["systemctl", "stop", f"{MARK}-rollback-{layer}-*.timer"])


def put_back_manifest(manifest, layer, before):
    """Ownership of files as it was; units, actions and packages were really touched and stay noted."""
    record = manifest.layer(layer)
    for kind in ("file", "setting", "block"):
        record["owned"][kind] = (before or {}).get("owned", {}).get(kind, {})
    record["hash"] = (before or {}).get("hash", "")
    record["pending"].pop("activate", None)
    manifest.save()


def roll_back_expired(run_for, manifest, layers):
    """Called by the timer and at boot. `run_for(host, layer)` makes the run that the work is logged under."""
    runs = []
    names = layers or [os.path.basename(path)[:-len(".json")] for path in sorted(glob.glob(f"{confirm_directory()}/*.json"))]
    for layer in names:
        record = load_record(layer)
        if not unsettled(record) or not expired(record):
            continue
        run = run_for(record["host"], layer)
        run.at("rollback")
        run.hash = record["hash"]
        rebooted = record["bootId"] != boot_id()
        roll_back(run, manifest, record, "the host was rebooted before anybody confirmed" if rebooted
                  else "nobody confirmed before the deadline")
        runs.append(run)
    return runs


def confirm(run, manifest, wanted, reapply):
    """`wanted`: hash of the state that the operator means. `reapply(bundle)` applies a bundle again."""
    run.at("confirm")
    run.hash = wanted
    record = load_record(run.layer)
    connection = ssh_connection()
    if record is None or record["hash"] != wanted:
        here = record["hash"] if record is not None else manifest.layer(run.layer)["hash"]
        if record is None and here == wanted:
            return
        raise Failure(f"the host holds another state of layer {run.layer} ({here[:12] or 'none'}) than the one to confirm"
                      f" ({wanted[:12]}): apply the layer again")
    if record["phase"] == "applying":
        raise Failure("the apply was ended before it was done, and its changes are about to be taken back: apply the layer"
                      " again")
    if record["phase"] == "rolledBack":
        # Nothing makes the operator's tool apply again what its state calls applied, so the host does: it kept the bundle. The
        # connection that asks for it was made before, so it proves nothing; another one must follow before the deadline.
        why = record["why"]
        with open(bundle_path(run.layer), "rb") as source:
            reapply(source.read())
        run.at("confirm")
        if not unsettled(load_record(run.layer)):
            # The state holds already, nothing had to be activated: there is nothing to prove.
            drop_record(run.layer)
            return
        raise Failure(f"the host had taken the change back ({why}); it is applied again and waits for another connection to"
                      " confirm it")
    elif connection and connection == record["connection"]:
        raise Failure("this is the connection over which the change was applied; only a new one proves that the host can be"
                      " reached")
    else:
        run.change("confirmation", run.layer, "confirmed")
    drop_record(run.layer)


def undo_guard(run, manifest, restore):
    """The last part of undoing a commit-confirmed layer."""
    drop_record(run.layer)
    if restore:
        run.at("restore")
        result = shell(run, restore, {}, RUN_DIR, SHELL_SECONDS)
        if result.code != 0:
            raise Failure(f"restore: exit status {result.code}", result.lines())
    if not any("restore" in record for record in manifest.document["layers"].values()):
        execute(["systemctl", "--quiet", "disable", BOOT_UNIT])
        remove_if_there(BOOT_UNIT_PATH)
        remove_if_there(OWN_COPY)
        shutil.rmtree(confirm_directory(), ignore_errors=True)
        execute(["systemctl", "daemon-reload"])


# ---- bundle ----
# Judges a bundle before anything happens: every mistake at once, with its path, and never a value.


KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
SETTING_DEPTH = {"oned": (1, 2), "yaml": (1, 16), "ini": (2, 2), "shell": (1, 1)}


def kind_of(value):
    if value is None:
        return "null"
    return next((name for name, kind in (("boolean", bool), *KINDS.items()) if isinstance(value, kind)), "number")


def joined(path, key):
    if isinstance(key, int):
        return f"{path}[{key}]"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"


def judge(schema, value, path, mistakes):
    """The part of JSON Schema that bundle.schema.json uses."""
    if "$ref" in schema:
        judge(BUNDLE_SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]], value, path, mistakes)
        return
    if "if" in schema:
        fits = isinstance(value, dict) and all(key in value for key in schema["if"]["required"])
        judge(schema["then" if fits else "else"], value, path, mistakes)
        return
    where = path or "the bundle"
    if "const" in schema and value != schema["const"]:
        mistakes.append(f"{where}: must be {json.dumps(schema['const'])}")
    if "enum" in schema and value not in schema["enum"]:
        mistakes.append(f"{where}: must be one of {', '.join(schema['enum'])}")
    if "type" in schema and kind_of(value) != schema["type"]:
        mistakes.append(f"{where}: must be of type {schema['type']}, is {kind_of(value)}")
        return
    if isinstance(value, str) and "pattern" in schema and not matches(schema["pattern"], value):
        mistakes.append(f"{where}: must match {schema['pattern']}")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        mistakes.append(f"{where}: must lie between {schema.get('minimum')} and {schema.get('maximum')}")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            mistakes.append(f"{where}: must have at least {schema['minItems']} items")
        for index, item in enumerate(value):
            judge(schema.get("items", {}), item, joined(path, index), mistakes)
    if isinstance(value, dict):
        judge_object(schema, value, path, mistakes)


def matches(pattern, value):
    # Python's $ would let a line end pass.
    return re.search(re.sub(r"\$$", r"\\Z", pattern), value) is not None


def judge_object(schema, value, path, mistakes):
    where = path or "the bundle"
    mistakes += [f"{where}: {key} is missing" for key in schema.get("required", []) if key not in value]
    for key, item in value.items():
        if "propertyNames" in schema:
            judge(schema["propertyNames"], key, f"{where}: the name {json.dumps(key)}", mistakes)
        if key in schema.get("properties", {}):
            judge(schema["properties"][key], item, joined(path, key), mistakes)
        elif schema.get("additionalProperties") is False:
            mistakes.append(f"{joined(path, key)}: is no known field; known are {', '.join(schema['properties'])}")
        elif "additionalProperties" in schema:
            judge(schema["additionalProperties"], item, joined(path, key), mistakes)


def judge_relations(state, mistakes):
    """What the schema cannot say."""
    kinds = ("directories", "files", "settings", "blocks")
    for index, kind in enumerate(kinds):
        for other in kinds[index + 1:]:
            if {kind, other} != {"settings", "blocks"}:
                mistakes += [f"state: {path} stands in {kind} and in {other}"
                             for path in sorted(set(state.get(kind, {})) & set(state.get(other, {})))]
    known = {path for kind in kinds[1:] for path in state.get(kind, {})}
    known |= {f"package:{name}" for name in state.get("packages", {})}
    names = [step.get("unit", step.get("action")) for step in state.get("sequence", [])]
    mistakes += [f"state.sequence: {name} stands there {names.count(name)} times"
                 for name in sorted(set(names)) if names.count(name) > 1]
    actions = {f"action:{step['action']}" for step in state.get("sequence", []) if "action" in step}
    for index, step in enumerate(state.get("sequence", [])):
        for cause in [*step.get("restartOn", []), *step.get("rerunOn", [])]:
            if cause in actions - known:
                mistakes.append(f"state.sequence[{index}]: {cause} comes later in the sequence or is the step itself:"
                                " put it before")
            elif cause not in known:
                mistakes.append(f"state.sequence[{index}]: {cause} is nothing that this state holds")
        if "action" in step:
            known.add(f"action:{step['action']}")
    for cause in state.get("commitConfirm", {}).get("activateOn", []):
        if cause not in known:
            mistakes.append(f"state.commitConfirm.activateOn: {cause} is nothing that this state holds")
    for path, entry in state.get("settings", {}).items():
        least, most = SETTING_DEPTH[entry["syntax"]]
        seen = set()
        for index, item in enumerate(entry["set"]):
            where = f"state.settings[{json.dumps(path)}].set[{index}]"
            if not least <= len(item["path"]) <= most:
                mistakes.append(f"{where}.path: {entry['syntax']} paths have {least} to {most} words")
            elif entry["syntax"] == "oned" and not oned_words(item["path"]):
                mistakes.append(f"{where}.path: must be KEY or KEY[ATTRIBUTE=value], then an attribute's name")
            if entry["syntax"] != "oned" and "\n" in item["value"]:
                mistakes.append(f"{where}.value: must be one line in this syntax")
            if tuple(item["path"]) in seen:
                mistakes.append(f"{where}.path: is set twice")
            seen.add(tuple(item["path"]))
    for path, entry in state.get("files", {}).items():
        if "validate" in entry and not any("{}" in word for word in entry["validate"]):
            mistakes.append(f"state.files[{json.dumps(path)}].validate: no word holds {{}}, the place of the file")


def oned_words(path):
    plain = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
    return bool(plain.fullmatch(path[0]) or SELECTOR.fullmatch(path[0])) and all(plain.fullmatch(word) for word in path[1:])


def read_bundle(data):
    """The bundle in these bytes; raises Refusal with every mistake."""
    try:
        bundle = json.loads(data.decode("utf-8"))
    except ValueError as error:
        raise Refusal([f"standard input holds no JSON bundle ({type(error).__name__})"]) from None
    mistakes = []
    judge(BUNDLE_SCHEMA, bundle, "", mistakes)
    if not mistakes:
        judge_relations(bundle["state"], mistakes)
    if mistakes:
        raise Refusal(mistakes)
    return bundle


# ---- main ----
# The command line: one JSON document on standard output; exit status 0, 1 (failed) or 2 (wrong use).


USAGE = """usage: converger.py apply            < bundle   makes this host hold a layer's state
       converger.py check            < bundle   tells what differs; changes nothing
       converger.py undo LAYER                  takes a layer away again
       converger.py confirm LAYER    < hash     keeps a change that locks out unless confirmed
       converger.py rollback [LAYER]            puts back what nobody confirmed in time (the timer calls this)
"""


def apply_bundle(data):
    """Applies one bundle; answers its run and the error, if any."""
    bundle = read_bundle(data)
    run = Run(bundle["host"], bundle["layer"], secrets=bundle.get("secrets", ()))
    run.hash = hashlib.sha256(data).hexdigest()
    with reported(run):
        remove_stale_policy()
        clear_facts_directories()
        manifest = Manifest()
        run.log(f"apply {run.hash[:12]}")
        if "commitConfirm" in bundle["state"]:
            apply_guarded(run, manifest, bundle["state"], data)
        else:
            converge_layer(run, manifest, bundle["state"])
            finish(run, manifest)
    return run


@contextlib.contextmanager
def reported(run):
    """Whatever goes wrong is an error of the run, not a stack trace."""
    try:
        yield
    except Failure as failure:
        run.error = failure
    except (OSError, UnicodeError) as problem:
        run.error = Failure(f"{type(problem).__name__}: {problem}")
    if run.error is not None:
        run.log(f"failed at {run.step}: {run.error.message}")


def command_apply(_):
    data = sys.stdin.buffer.read()
    read_bundle(data)
    with host_lock():
        state_directories()
        return apply_bundle(data)


def command_check(_):
    data = sys.stdin.buffer.read()
    bundle = read_bundle(data)
    run = Run(bundle["host"], bundle["layer"], check=True, secrets=bundle.get("secrets", ()))
    run.hash = hashlib.sha256(data).hexdigest()
    # Without the directory nothing was ever applied here, and a check does not make it.
    with host_lock() if os.path.isdir(STATE_DIR) else contextlib.nullcontext():
        try:
            manifest = Manifest()
            converge_layer(run, manifest, bundle["state"])
            for key, causes in manifest.layer(run.layer)["pending"].items():
                if key != "apt-update" and not any(f"{change['kind']}:{change['id']}" == key for change in run.changed):
                    run.change("pending", key, "finished", f"an apply was ended before it acted on: {', '.join(causes)}")
            if unsettled(load_record(run.layer)):
                run.change("confirmation", run.layer, "confirmed", "the last apply has not been confirmed yet")
        except (Failure, OSError) as problem:
            run.error = problem if isinstance(problem, Failure) else Failure(f"{type(problem).__name__}: {problem}")
    return run


def command_undo(words):
    layer = words[0]
    with host_lock():
        state_directories()
        manifest = Manifest()
        run = Run(manifest.layer(layer).get("host", ""), layer)
        run.hash = manifest.layer(layer)["hash"]
        with reported(run):
            run.log("undo")
            restore = manifest.layer(layer).get("restore")
            undo_layer(run, manifest)
            if restore is not None:
                undo_guard(run, manifest, restore)
            if not manifest.document["layers"]:
                shutil.rmtree(originals_directory(), ignore_errors=True)
        return run


def command_confirm(words):
    wanted = sys.stdin.read().strip()
    if not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise Refusal(["standard input must hold the hash of the applied state: 64 hexadecimal digits"])
    with host_lock():
        state_directories()
        manifest = Manifest()
        run = Run(manifest.layer(words[0]).get("host", ""), words[0])

        def reapply(data):
            again = apply_bundle(data)
            run.changed += again.changed
            run.restarted += again.restarted
            if again.error is not None:
                run.step = again.step
                raise again.error

        with reported(run):
            confirm(run, manifest, wanted, reapply)
        return run


def command_rollback(words):
    run = Run("", words[0] if words else "")
    with host_lock():
        if not os.path.isdir(STATE_DIR):
            return run
        with reported(run):
            for done in roll_back_expired(Run, Manifest(), words):
                run.host, run.layer, run.hash = done.host, done.layer, done.hash
                run.changed += done.changed
    return run


# Name: (function, least and most number of words after it).
COMMANDS = {
    "apply": (command_apply, 0, 0),
    "check": (command_check, 0, 0),
    "undo": (command_undo, 1, 1),
    "confirm": (command_confirm, 1, 1),
    "rollback": (command_rollback, 0, 1),
}


def print_answer(document):
    with contextlib.suppress(BrokenPipeError):
        # The connection may be gone; the work is done all the same.
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def main(words):
    # The end of the connection must not end the work in the middle.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.umask(0o022)
    command, least, most = COMMANDS.get(words[0] if words else "", (None, 0, 0))
    named = all(re.fullmatch(r"[a-z][a-z0-9-]{0,30}", word) for word in words[1:])
    if command is None or not least <= len(words) - 1 <= most or not named:
        sys.stderr.write(USAGE)
        return 2
    try:
        run = command(words[1:])
    except Refusal as refusal:
        print_answer({"ok": False, "error": {"step": "input", "message": "; ".join(refusal.mistakes), "lastLines": []}})
        sys.stderr.write("".join(f"refused: {mistake}\n" for mistake in refusal.mistakes))
        return 1
    except Failure as failure:
        print_answer({"ok": False, "error": {"step": "start", "message": failure.message, "lastLines": failure.lines}})
        sys.stderr.write(f"{failure.message}\n")
        return 1
    print_answer(run.answer(run.error))
    if run.error is not None:
        message = run.redact(run.error.message)
        step = "" if message.startswith(run.step) else f"{run.step}: "
        sys.stderr.write(f"host {run.host or '?'}, layer {run.layer}: {step}{message}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
