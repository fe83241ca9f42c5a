#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Chains what people and programs did on a host.

usage: audit.py follow     reads the journal and writes one record for each login, sudo, change of an account, call of OpenNebula's API and
                           event of auditd's rules; goes on where it ended

A record is a journal entry of SYSLOG_IDENTIFIER=opennebula-audit. Its MESSAGE is a JSON object with `n`, which counts from 1, and `prev`,
the SHA-256 of the MESSAGE before. Record 1 says that the chain begins. Records go to the collector with the rest of the journal, so whoever
changes one later must do so in two places; the operator's `audit verify` reads both and computes every digest itself.
"""
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time

UNIT = "opennebula-scaleway-audit.service"
IDENTIFIER = "opennebula-audit"
START = "0" * 64
JOURNAL_SOCKET = os.environ.get("AUDIT_JOURNAL", "/run/systemd/journal/socket")
# Of what is chained: facilities auth and authpriv, auditd's events, oned's calls and those that came through the TLS proxy.
SOURCES = ("SYSLOG_FACILITY=4", "SYSLOG_FACILITY=10", "_TRANSPORT=audit", "SYSLOG_IDENTIFIER=oned", "SYSLOG_IDENTIFIER=opennebula_proxy_oned")
# Who can have written a line under a name: a unit whose processes are root's to start, or a program.
UNITS = {"oned": "opennebula-scaleway-log-files.service", "opennebula_proxy_oned": "nginx.service", "polkitd": "polkit.service"}
PROGRAMS = {"sshd": "/usr/sbin/sshd", "sudo": "/usr/bin/sudo"}
FIELDS = "MESSAGE,SYSLOG_IDENTIFIER,_TRANSPORT,_UID,_EXE,_CAP_EFFECTIVE,_SYSTEMD_UNIT,_AUDIT_TYPE_NAME"
MAX_TEXT = 2000
# journalctl leaves longer fields out of its JSON, and then the chain could not be read back.
MAX_MESSAGE = 3500
PAUSE_SECONDS = 1

ADDRESS = r"(?P<address>\S+) port \d+"
END = r"(?: ssh2(?:: .*)?)?(?: \[preauth\])?$"
SSHD = (
    (re.compile(rf"Accepted (?P<method>\S+) for (?P<user>\S+) from {ADDRESS}(?: ssh2)?(?:: (?P<key>.+))?"), "SUCCESS"),
    # Whoever has not logged in chooses the name, blanks and "from" in it too: the address is at the end.
    (re.compile(rf"Failed (?P<method>\S+) for (?:invalid user )?(?P<user>.*) from {ADDRESS}{END}"), "FAILURE"),
    (re.compile(rf"Invalid user (?P<user>.*) from {ADDRESS}{END}"), "FAILURE"),
    (re.compile(rf"Connection (?:closed|reset) by (?:authenticating|invalid) user (?P<user>.*) {ADDRESS}{END}"), "FAILURE"),
)
SUDO = re.compile(r"\s*(?P<user>\S+) : (?P<refused>(?:(?!TTY=|PWD=).)*?)(?: ; )?(?:TTY=\S+ ; )?PWD=.*? ; USER=(?P<target>\S+) ; .*?COMMAND=(?P<command>.*)", re.S)
CALL = re.compile(
    r"(?:\w{3} \w{3} [ \d]\d [\d:]{8} \d{4} )?\[Z\d+\]\[ReM\]\[\w\]: Req:(?P<request>\d+)(?: UID:(?P<uid>\S+))?(?: USER:(?P<user>\S*))?(?: IP:(?P<address>\S+))? (?P<method>(?:one|system)\.[\w.]+) "
    r"(?:invoked\s*,? ?(?P<arguments>.*)|result (?P<result>SUCCESS|FAILURE),? ?(?P<answer>.*))", re.S)
# A number, or a name; a template may hold a password, and its beginning says nothing.
OBJECT = re.compile(r'"?(-?\d+|[\w.@-]{1,64})"?(?=,|$)')
# What programs of the host ask again and again, some of them every second; oned's own log has it.
POLLED = re.compile(r"one\.(?:\w+pool\.\w+|zone\.raftstatus|system\.\w+|hooklog\.info)$")
# What repeats another record: each login and each sudo opens and closes a session.
REPEATED = re.compile(r"pam_\w+\((?:sshd|sudo|cron|systemd-user):")
RULES = re.compile(r'key="?ons_')


def sshd(text):
    for pattern, result in SSHD:
        found = pattern.match(text)
        if found:
            return {"kind": "login", "result": result, **given(found)}
    return None


def sudo(text):
    found = SUDO.match(text)
    if not found:
        return None
    refused = found["refused"].strip(" ;")
    entry = {"kind": "sudo", "user": found["user"], "as": found["target"], "command": found["command"][:MAX_TEXT]}
    return {**entry, "result": "FAILURE", "text": refused} if refused else {**entry, "result": "SUCCESS"}


def oned(text):
    found = CALL.match(text)
    if not found:
        return None
    if POLLED.match(found["method"]) and (found["result"] == "SUCCESS" or found["address"] in ("127.0.0.1", "::1")):
        return None
    entry = {"request": int(found["request"]), "method": found["method"]}
    if found["result"] is None:
        about = OBJECT.match(found["arguments"] or "")
        caller = {name: found[name] for name in ("uid", "user", "address") if found[name]}
        return {"kind": "call", **entry, **caller, **({"object": about[1]} if about else {})}
    about = OBJECT.match(found["answer"])
    more = {"text": found["answer"].strip()[:300]} if found["result"] == "FAILURE" else {"object": about[1]} if about else {}
    return {"kind": "answer", **entry, "result": found["result"], **more}


def proxy(text):
    """A line of the proxy is a JSON object; what is none is of another version, and says nothing of a call."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    # Anybody on the host may write under this name.
    if not isinstance(line, dict) or line.get("method") in (None, "", "-"):
        return None
    return {"kind": "proxy", **{name: str(line[name])[:200] for name in ("address", "user", "method", "status") if line.get(name)}}


def given(found):
    return {name: value for name, value in found.groupdict().items() if value}


def is_privileged(entry):
    """Whether a line comes from root, or from a program that root's rights were given to: its user could not make it say this. The journal
    tells the user of every line, and the rest of a process only while it lives."""
    return text_of(entry.get("_UID")) == "0" or int(text_of(entry.get("_CAP_EFFECTIVE")) or "0", 16) != 0


def is_proven(identifier, entry):
    """Whether the journal itself saw that a line comes from who signs it; a sender chooses everything else, its name too."""
    unit = UNITS.get(identifier)
    if unit:
        return text_of(entry.get("_SYSTEMD_UNIT")) == unit
    if identifier == "sshd" and text_of(entry.get("_UID")) != "0":
        return False
    program = PROGRAMS.get(identifier)
    return is_privileged(entry) and (program is None or text_of(entry.get("_EXE")) in ("", program))


def classify(entry):
    """What is chained of a journal entry; None for what is no event."""
    text, identifier = text_of(entry.get("MESSAGE")), text_of(entry.get("SYSLOG_IDENTIFIER"))
    if entry.get("_TRANSPORT") == "audit":
        name = text_of(entry.get("_AUDIT_TYPE_NAME"))
        wanted = RULES.search(text) or name.startswith(("USER_", "ADD_", "DEL_", "CONFIG_CHANGE"))
        return {"kind": "kernel", "event": name, "text": text[:MAX_TEXT]} if wanted else None
    event = told(identifier, text)
    # Whoever speaks in another's name did nothing of what the text tells; "by" is who that is.
    return event if event is None or is_proven(identifier, entry) else {"kind": "unproven", "program": identifier, "text": text[:MAX_TEXT]}


def told(identifier, text):
    """What a line says that somebody did; None for what is no event."""
    known = {"sshd": sshd, "sudo": sudo, "oned": oned, "opennebula_proxy_oned": proxy}.get(identifier)
    found = known(text) if known else None
    if found or identifier in ("oned", "opennebula_proxy_oned", "sshd", "systemd-logind", IDENTIFIER) or REPEATED.match(text):
        return found
    # su, useradd, passwd, login and whatever else the distribution counts among them.
    return {"kind": "account", "program": identifier, "text": text[:MAX_TEXT]}


def text_of(value):
    """journalctl writes a field that is not text as a list of bytes, and one that is set twice as a list of values."""
    if isinstance(value, list):
        return bytes(value).decode("utf-8", "replace") if all(isinstance(one, int) for one in value) else text_of(value[0])
    return value or ""


def shortened(record):
    """The record as one line; letters outside of ASCII take six of its characters, so that a long text may have to end earlier."""
    message = json.dumps(record, sort_keys=True, separators=(",", ":"))
    while len(message) > MAX_MESSAGE:
        longest = max((name for name, value in record.items() if isinstance(value, str)), key=lambda name: len(json.dumps(record[name])))
        record[longest] = record[longest][: len(record[longest]) // 2]
        message = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return message


def digest(message):
    return hashlib.sha256(message.encode()).hexdigest()


def journal(*arguments):
    return subprocess.Popen(["journalctl", "--quiet", "--no-pager", "--output=json", *arguments], stdout=subprocess.PIPE, text=True,
                            errors="replace")


def own(*arguments):
    """Records of the chain, as pairs of MESSAGE and what is in it. Whatever else calls itself so is not from this unit."""
    with journal("--output-fields=MESSAGE", *arguments, f"_SYSTEMD_UNIT={UNIT}", f"SYSLOG_IDENTIFIER={IDENTIFIER}") as reader:
        for line in reader.stdout:
            message = text_of(json.loads(line).get("MESSAGE"))
            yield message, json.loads(message)


class Chain:
    """Where the chain ends: in the journal, and in a note of its own in case that somebody empties the journal."""

    def __init__(self):
        self.note = os.path.join(os.environ["STATE_DIRECTORY"], "end.json")
        # What was written a moment before a kill is in the journal's file only after this.
        subprocess.run(["journalctl", "--sync"], check=False, stderr=subprocess.DEVNULL, timeout=60)
        try:
            with open(self.note, encoding="utf-8") as file:
                end = json.load(file)
        except (FileNotFoundError, ValueError):
            end = {"n": 0, "prev": START, "cursor": None}
        for message, record in own("--lines=1"):
            if record["n"] >= end["n"]:
                end = {"n": record["n"], "prev": digest(message), "cursor": record["source"]}
        self.end = end
        self.host = socket.gethostname()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def begin(self):
        """The entry after which to read on. At the first start that is the newest that there is, and the chain's first record says so."""
        if self.end["cursor"] is None:
            with journal("--lines=1") as reader:
                entries = [json.loads(line) for line in reader.stdout]
            cursor = entries[-1]["__CURSOR"] if entries else ""
            self.add({"kind": "begin"}, {"__CURSOR": cursor, "__REALTIME_TIMESTAMP": time.time_ns() // 1000})
        return self.end["cursor"]

    def add(self, event, entry):
        n, cursor = self.end["n"] + 1, entry["__CURSOR"]
        record = {"n": n, "prev": self.end["prev"], "host": self.host, "time": int(entry["__REALTIME_TIMESTAMP"]), "source": cursor, **event}
        if entry.get("_UID"):
            record["by"] = entry["_UID"]
        message = shortened(record)
        self.socket.sendto(f"SYSLOG_IDENTIFIER={IDENTIFIER}\nPRIORITY=6\nMESSAGE={message}\n".encode(), JOURNAL_SOCKET)
        self.end = {"n": n, "prev": digest(message), "cursor": cursor}
        with open(self.note + ".new", "w", encoding="utf-8") as file:
            json.dump(self.end, file)
        os.replace(self.note + ".new", self.note)


def follow():
    """Asks again and again instead of `journalctl --follow`, which some file systems never wake."""
    chain = Chain()
    read_to = chain.begin()
    words = [word for source in SOURCES for word in ("+", source)][1:]
    while True:
        since = [f"--after-cursor={read_to}"] if read_to else []
        with journal(f"--output-fields={FIELDS}", *since, *words) as reader:
            for line in reader.stdout:
                entry = json.loads(line)
                event = classify(entry)
                if event:
                    chain.add(event, entry)
                read_to = entry["__CURSOR"]
        time.sleep(PAUSE_SECONDS)


def main(words):
    if words == ["follow"]:
        return follow()
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
