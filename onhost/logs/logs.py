#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what a host's journal tells (`metrics`), and removes collected records that are too old or too many (`retain`).

Both take a settings file, JSON:
  textfile      file for the textfile collector of prometheus-node-exporter
  everySeconds  pause between two looks
  uploadState   where systemd-journal-upload notes how far it came; absent on a host that sends nowhere
  store         directory, maxBytes, maxAgeSeconds, rotateSeconds and unit of the collector; absent on a host that collects nothing
"""
import glob
import json
import os
import re
import struct
import subprocess
import sys
import time

PREFIX = "opennebula_scaleway_"
FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_TRANSPORT"
ONED_PROGRAMS = ("oned", "monitor", "sched", "fireedge", "oneflow", "onegate", "onehem", "oned-vm")
AUTH_FAILURES = {
    "sshd": re.compile(r"^(Failed \S+ for|Invalid user|Connection (closed|reset) by (authenticating|invalid) user)"),
    "sudo": re.compile(r"authentication failure|NOT in sudoers|incorrect password attempt|command not allowed"),
    "oned": re.compile(r"couldn't be authenticated"),
}
# What oned says of a hook whose command ended with another status than 0; its own log of hooks it shows to oneadmin's group alone.
HOOK_FAILED = re.compile(r"\[HKM\]\[E\]: Error executing Hook \d+")
DROPPED = re.compile(r"\b(drop|dropped)\b.*\bIN=")
HELP = {
    "log_records_total": ("counter", "Records in this host's journal."),
    "log_errors_total": ("counter", "Records of priority error or worse."),
    "oned_log_errors_total": ("counter", "Errors in the logs of OpenNebula's programs."),
    "auth_failures_total": ("counter", "Logins and calls that were refused, by the service that refused them."),
    "hook_failures_total": ("counter", "Executions of OpenNebula's hooks that failed."),
    "firewall_drops_total": ("counter", "Packets that the firewall dropped and logged; it logs only some of a flood."),
    "logs_upload_lag_seconds": ("gauge", "Age of the oldest record that the collector does not have, against the newest."),
    "logs_received_timestamp_seconds": ("gauge", "Time of the newest record that came from a host."),
    "logs_store_bytes": ("gauge", "Size of the records that other hosts sent."),
}


def text_of(value):
    """journalctl writes a field that is not text as a list of bytes, and one that is set twice as a list of values."""
    if isinstance(value, list):
        return bytes(value).decode("utf-8", "replace") if all(isinstance(one, int) for one in value) else text_of(value[0])
    return value or ""


def count(counters, name, **labels):
    key = name + json.dumps(labels, sort_keys=True)
    counters[key] = counters.get(key, 0) + 1


def classify(record, counters):
    """Adds one record to the counters."""
    message, identifier = text_of(record.get("MESSAGE")), text_of(record.get("SYSLOG_IDENTIFIER"))
    urgent = text_of(record.get("PRIORITY")) in ("0", "1", "2", "3")
    count(counters, "log_records_total")
    if urgent:
        count(counters, "log_errors_total")
        if identifier in ONED_PROGRAMS:
            count(counters, "oned_log_errors_total", program=identifier)
    pattern = AUTH_FAILURES.get(identifier)
    if pattern and pattern.search(message):
        count(counters, "auth_failures_total", service=identifier)
    if identifier == "oned" and HOOK_FAILED.search(message):
        count(counters, "hook_failures_total")
    if record.get("_TRANSPORT") == "kernel" and DROPPED.search(message):
        count(counters, "firewall_drops_total")


def fresh_counters():
    """A counter that appears with its first event has no rate: the ones that matter are there from the start, at zero."""
    counters = {}
    for name in ("log_records_total", "log_errors_total", "hook_failures_total", "firewall_drops_total"):
        counters[name + "{}"] = 0
    for program in ONED_PROGRAMS:
        counters["oned_log_errors_total" + json.dumps({"program": program})] = 0
    for service in AUTH_FAILURES:
        counters["auth_failures_total" + json.dumps({"service": service})] = 0
    return counters


def journal(*arguments):
    return subprocess.Popen(["journalctl", "--quiet", "--no-pager", "--output=json", *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, errors="replace")


def read_on(state):
    """Counts the records after the noted place; the first look only notes where the journal ends."""
    since = [f"--after-cursor={state['cursor']}"] if state.get("cursor") else ["--lines=1"]
    with journal(f"--output-fields={FIELDS}", *since) as reader:
        for line in reader.stdout:
            record = json.loads(line)
            if state.get("cursor"):
                classify(record, state["counters"])
            state["last"] = record["__CURSOR"], int(record["__REALTIME_TIMESTAMP"])
    if "last" in state:
        state["cursor"], state["newest"] = state.pop("last")


def header_of(path):
    """What the head of a journal file says of its records; None for a file without any."""
    with open(path, "rb") as file:
        head = file.read(208)
    if len(head) < 208 or head[:8] != b"LPKSHHRH":
        return None
    first_number, = struct.unpack_from("<Q", head, 168)
    first_time, last_time = struct.unpack_from("<QQ", head, 184)
    if first_time == 0:
        return None
    return {"id": head[72:88].hex(), "number": first_number, "first": first_time, "last": last_time}


def gauges(settings, state):
    values = {}
    try:
        with open(settings.get("uploadState") or "/nonexistent", encoding="ascii") as file:
            sent = re.search(r"\bt=([0-9a-f]+)", file.read())
        if sent and "newest" in state:
            values["logs_upload_lag_seconds{}"] = max(0, state["newest"] - int(sent.group(1), 16)) / 1e6
    except FileNotFoundError:
        pass
    if settings.get("store"):
        files = glob.glob(os.path.join(settings["store"]["directory"], "*.journal"))
        values["logs_store_bytes{}"] = sum(os.stat(path).st_blocks * 512 for path in files)
        for path in files:
            source = re.fullmatch(r"remote-([^@]+)\.journal", os.path.basename(path))
            header = source and header_of(path)
            if header:
                values["logs_received_timestamp_seconds" + json.dumps({"source": source.group(1)})] = header["last"] / 1e6
    return values


def exposition(values):
    """The text format of Prometheus."""
    lines = []
    for name, (kind, about) in HELP.items():
        own = {key: value for key, value in values.items() if key.partition("{")[0] == name}
        if own:
            lines += [f"# HELP {PREFIX}{name} {about}", f"# TYPE {PREFIX}{name} {kind}"]
        for key, value in sorted(own.items()):
            labels = ",".join(f"{label}={json.dumps(text)}" for label, text in json.loads(key[len(name):]).items())
            lines.append(f"{PREFIX}{name}{'{' + labels + '}' if labels else ''} {value}")
    return "\n".join(lines) + "\n"


def replace(path, text):
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path + ".new", 0o644)
    os.replace(path + ".new", path)


def metrics(settings):
    notes = os.path.join(os.environ["STATE_DIRECTORY"], "state.json")
    try:
        with open(notes, encoding="utf-8") as file:
            state = json.load(file)
    except (FileNotFoundError, ValueError):
        state = {}
    state["counters"] = {**fresh_counters(), **state.get("counters", {})}
    while True:
        read_on(state)
        # Counters and place are one file: a kill between two would count a record twice or not at all.
        replace(notes, json.dumps(state))
        replace(settings["textfile"], exposition({**state["counters"], **gauges(settings, state)}))
        time.sleep(settings["everySeconds"])


def retain(settings):
    """journalctl removes closed files alone, and the collector closes one only when it is full: files of a past day are closed here."""
    store = settings["store"]
    now = time.time()
    closed = []
    for path in glob.glob(os.path.join(store["directory"], "remote-*.journal")):
        if "@" in os.path.basename(path):
            continue
        header = header_of(path)
        if header and now - header["first"] / 1e6 >= store["rotateSeconds"]:
            name = f"{path[:-len('.journal')]}@{header['id']}-{header['number']:016x}-{header['first']:016x}.journal"
            os.rename(path, name)
            closed.append(name)
    if closed:
        # The collector writes to the renamed files until it starts anew; senders repeat what was not acknowledged.
        subprocess.run(["systemctl", "try-restart", store["unit"]], check=True, timeout=120)
    subprocess.run(["journalctl", f"--directory={store['directory']}", f"--vacuum-size={store['maxBytes']}",
                    f"--vacuum-time={store['maxAgeSeconds']}s"], check=True, timeout=1800)


def main(arguments):
    commands = {"metrics": metrics, "retain": retain}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(f"usage: logs.py {'|'.join(commands)} SETTINGS", file=sys.stderr)
        return 2
    with open(arguments[1], encoding="utf-8") as file:
        settings = json.load(file)
    commands[arguments[0]](settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
