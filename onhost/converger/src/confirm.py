# SPDX-License-Identifier: Apache-2.0
"""Commit-confirmed layers: a change that nobody confirms over a new connection is taken back, also after a reboot."""
import glob
import json
import os
import shutil
import sys
import time

from .actions import shell
from .apply import converge_layer, finish, settle
from .base import MARK, RUN_DIR, STATE_DIR, Failure, boot_id, execute, require
from .files import Found, remove_if_there, replace_file, restore_record
from .manifest import confirm_directory, write_private
from .packages import repository_files
from .system import derived_files

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
