# SPDX-License-Identifier: Apache-2.0
"""The order in which a layer comes to hold, and in which it goes."""
import json

from .actions import all_facts, converge_action, release_action
from .base import Failure, require
from .files import Found, converge_directory, converge_file, release_directory, release_file
from .manifest import owe
from .packages import converge_packages, installed_versions, repository_files, repository_key
from .settings import converge_block, converge_settings, release_block, release_settings
from .system import (converge_group, converge_memberships, converge_modules, converge_sysctls, converge_user,
                     derived_files, release_sysctl, release_user)
from .units import converge_unit, final_check, release_unit, show_unit, unit_original

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
