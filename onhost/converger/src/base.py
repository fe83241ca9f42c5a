# SPDX-License-Identifier: Apache-2.0
"""What every part uses: paths, errors, one run and its answer, running other programs."""
import datetime
import json
import os
import pwd
import signal
import subprocess
import tempfile
import time

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
