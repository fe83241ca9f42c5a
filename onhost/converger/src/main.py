# SPDX-License-Identifier: Apache-2.0
"""The command line: one JSON document on standard output; exit status 0, 1 (failed) or 2 (wrong use)."""
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import sys

from .actions import clear_facts_directories
from .apply import converge_layer, finish, undo_layer
from .base import STATE_DIR, Failure, Refusal, Run
from .bundle import read_bundle
from .confirm import apply_guarded, confirm, load_record, roll_back_expired, undo_guard, unsettled
from .manifest import Manifest, host_lock, originals_directory, state_directories
from .packages import remove_stale_policy

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
