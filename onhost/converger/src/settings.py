# SPDX-License-Identifier: Apache-2.0
"""Files that others own: single keys and marked blocks in them."""
import json
import os

from .base import Failure
from .edit_lines import SYNTAXES, get_block, set_block, unset_block
from .edit_oned import EditError
from .files import Found, make_parents, remove_if_there, replace_file
from .manifest import digest, owe


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
