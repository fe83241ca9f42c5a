#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for systemctl: units are JSON files in UNITS, every call is a line in LOG. Answers as systemd 252 does."""
import json
import os
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNITS, LOG = os.path.join(HERE, "units"), os.path.join(HERE, "systemctl.log")


def path_of(unit):
    return os.path.join(UNITS, unit + ".json")


def load(unit):
    if not os.path.exists(path_of(unit)):
        return None
    with open(path_of(unit), encoding="utf-8") as source:
        return json.load(source)


def store(unit, record):
    with open(path_of(unit), "w", encoding="utf-8") as target:
        json.dump(record, target)


def show(unit):
    record = load(unit)
    fields = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead", "UnitFileState": "", "Type": "simple",
              "ConditionResult": "no", "ConditionTimestampMonotonic": "0", "AssertResult": "no", "NeedDaemonReload": "no",
              "RemainAfterExit": "no", "Result": "success", "CanReload": "no", "ExecMainExitTimestampMonotonic": "0"}
    if record is not None:
        fields.update(LoadState="loaded", **record["show"])
    print("\n".join(f"{key}={value}" for key, value in fields.items()))


def main(words):
    words = [word for word in words if not word.startswith("--") or word.startswith("--property")]
    verb, unit = words[0], words[-1]
    if verb == "show":
        return show(unit)
    with open(LOG, "a", encoding="utf-8") as log:
        log.write(" ".join([verb, *([unit] if len(words) > 1 else [])]) + "\n")
    record = load(unit)
    if verb == "daemon-reload" or verb == "reset-failed" or "*" in unit:
        return 0
    if record is None:
        print(f"Unit {unit} not found.", file=sys.stderr)
        return 5
    state = record["show"]
    if verb in ("start", "restart"):
        if record.get("condition") is False:
            state.update(ConditionResult="no", ConditionTimestampMonotonic="5")
        elif record.get("broken"):
            state.update(ActiveState="failed", Result="exit-code")
            store(unit, record)
            return 1
        else:
            state.update(ActiveState="active", SubState="running", ConditionResult="yes", ConditionTimestampMonotonic="5")
    elif verb == "stop":
        state.update(ActiveState="inactive", SubState="dead")
    elif verb in ("enable", "disable", "mask", "unmask"):
        state["UnitFileState"] = {"enable": "enabled", "mask": "masked"}.get(verb, "disabled")
    store(unit, record)
    return 0


sys.exit(main(sys.argv[1:]))
