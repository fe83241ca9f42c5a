#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells Prometheus since when each of a host's secrets is what it is.

usage: secret_age.py SETTINGS

SETTINGS is a JSON file:
  textfile   file for the textfile collector of prometheus-node-exporter
  secrets    by name: {"file": where it is, "value": regular expression whose first group it is; absent: the whole file}

What was seen is remembered in STATE_DIRECTORY as a keyed digest, whose key is made there and leaves the host as little as the secret. A
secret that is seen for the first time is as old as its file.
"""
import hashlib
import hmac
import json
import os
import re
import secrets
import sys
import time

METRIC = "opennebula_scaleway_secret_changed_timestamp_seconds"


def replace(path, text, mode):
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".new", mode)
    os.replace(path + ".new", path)


def remembered(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return {"key": secrets.token_hex(32), "seen": {}}


def value_of(secret):
    """The secret, and when its file was written; None where this host has none."""
    try:
        with open(secret["file"], encoding="utf-8", errors="replace") as file:
            text, written = file.read(), os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return None
    if "value" not in secret:
        return text, written
    found = re.search(secret["value"], text)
    return found and (found[1], written)


def look(settings, state, now):
    """Brings what is remembered up to date with what is there."""
    seen = {}
    for name, secret in settings["secrets"].items():
        found = value_of(secret)
        if not found:
            continue
        digest = hmac.new(state["key"].encode(), found[0].encode(), hashlib.sha256).hexdigest()
        before = state["seen"].get(name)
        if before and before["digest"] == digest:
            seen[name] = before
        else:
            seen[name] = {"digest": digest, "since": int(now if before else found[1])}
    return {**state, "seen": seen}


def exposition(seen):
    lines = [f"# HELP {METRIC} Since when a secret of this host is what it is.", f"# TYPE {METRIC} gauge"]
    lines += [f'{METRIC}{{credential="{name}"}} {entry["since"]}' for name, entry in sorted(seen.items())]
    return "\n".join(lines) + "\n"


def main(words):
    if len(words) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    with open(words[0], encoding="utf-8") as file:
        settings = json.load(file)
    notes = os.path.join(os.environ["STATE_DIRECTORY"], "seen.json")
    state = look(settings, remembered(notes), time.time())
    replace(notes, json.dumps(state), 0o600)
    os.makedirs(os.path.dirname(settings["textfile"]), exist_ok=True)
    replace(settings["textfile"], exposition(state["seen"]), 0o644)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
