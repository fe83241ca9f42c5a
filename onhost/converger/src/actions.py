# SPDX-License-Identifier: Apache-2.0
"""Guarded shell actions: what no declarative entry expresses."""
import glob
import os
import pwd
import re
import shutil
import tempfile

from .base import RUN_DIR, Failure, execute
from .manifest import owe

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
