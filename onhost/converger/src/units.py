# SPDX-License-Identifier: Apache-2.0
"""systemd units: enabled, running, restarted when their inputs changed, ready."""
import os
import socket
import time

from .base import Failure, execute
from .manifest import is_unit_file

PROPERTIES = ("LoadState", "ActiveState", "SubState", "UnitFileState", "ConditionResult", "ConditionTimestampMonotonic",
              "NeedDaemonReload", "Type", "RemainAfterExit", "Result", "CanReload", "ExecMainExitTimestampMonotonic")
# States that enabling cannot change: the unit has no [Install] section, or is made or named by something else.
FIXED_STATES = ("static", "indirect", "generated", "alias", "transient")
ENABLED_STATES = ("enabled", "enabled-runtime", *FIXED_STATES)


def show_unit(unit):
    result = execute(["systemctl", "show", "--no-pager", f"--property={','.join(PROPERTIES)}", "--", unit])
    if result.code != 0:
        raise Failure(f"unit {unit}: systemctl show: exit status {result.code}", result.lines())
    fields = dict(line.split("=", 1) for line in result.output.splitlines() if "=" in line)
    return {name: fields.get(name, "") for name in PROPERTIES}


def systemctl(words, unit, seconds=60):
    result = execute(["systemctl", "--no-pager", *words, unit], timeout=seconds)
    if result.code != 0:
        why = f"no end after {seconds:.0f} s" if result.code is None else f"exit status {result.code}"
        raise Failure(f"unit {unit}: systemctl {words[0]}: {why}", last_lines(unit) or result.lines())


def last_lines(unit):
    return execute(["journalctl", "--no-pager", "--quiet", "-o", "cat", "-n", "30", "-u", unit]).lines()


def condition_unmet(status):
    """systemd was asked to start it and did not, because a Condition...= of the unit does not hold on this host."""
    return (status["ActiveState"] == "inactive" and status["ConditionResult"] == "no"
            and status["ConditionTimestampMonotonic"] not in ("", "0"))


def has_run(status):
    """A oneshot unit that does not stay active has done its work in this boot."""
    return (status["Type"] == "oneshot" and status["RemainAfterExit"] == "no" and status["ActiveState"] == "inactive"
            and status["Result"] == "success" and status["ExecMainExitTimestampMonotonic"] not in ("", "0"))


def unit_original(unit):
    """What the unit was before us, for the undo."""
    status = show_unit(unit)
    return {"enabled": status["UnitFileState"] if status["LoadState"] != "not-found" else "absent",
            "active": status["ActiveState"] in ("active", "activating", "reloading")}


def set_enabled(run, unit, wanted, current):
    """Brings the unit file to `enabled`, `disabled` or `masked`."""
    if wanted == "any":
        return
    state = current["UnitFileState"]
    if wanted == "enabled":
        fine = state in ENABLED_STATES
    elif wanted == "disabled":
        fine = state in ("disabled", *FIXED_STATES) or current["LoadState"] == "not-found"
    else:
        fine = state in ("masked", "masked-runtime") or current["LoadState"] == "masked"
    if fine:
        return
    if not run.check:
        if wanted != "masked" and state.startswith("masked"):
            systemctl(["unmask"], unit)
        systemctl([{"enabled": "enable", "disabled": "disable", "masked": "mask"}[wanted]], unit)
    run.change("unit", unit, wanted, f"was {state or current['LoadState']}")


def wanted_enabled(step):
    return step.get("enabled", "enabled" if step.get("state", "active") == "active" else "any")


def converge_unit(run, step, pending):
    """`pending`: what has changed since the unit was last (re)started. Returns when the unit stands as wanted."""
    unit, wanted = step["unit"], step.get("state", "active")
    run.at(f"unit {unit}")
    deadline = time.monotonic() + step.get("timeoutSeconds", 90)
    status = show_unit(unit)
    if status["LoadState"] == "not-found" and (wanted == "active" or wanted_enabled(step) == "enabled"):
        if run.check:
            run.change("unit", unit, "started", "there is no such unit")
            return
        raise Failure(f"unit {unit}: there is no such unit: which package or file brings it?")
    if wanted == "inactive":
        if status["ActiveState"] not in ("inactive", "failed"):
            if not run.check:
                systemctl(["stop"], unit, deadline - time.monotonic())
            run.change("unit", unit, "stopped")
        set_enabled(run, unit, wanted_enabled(step), status)
        return
    set_enabled(run, unit, wanted_enabled(step), status)
    running = status["ActiveState"] in ("active", "reloading")
    if pending and (running or (wanted == "active" and has_run(status))):
        restart(run, step, status, pending, deadline)
    elif wanted == "active" and not running and not has_run(status):
        start(run, unit, status, deadline)
    if wanted == "active":
        await_active(run, step, deadline)


def restart(run, step, status, pending, deadline):
    unit = step["unit"]
    word = "restart"
    # A new program, or a new way to start it, needs a new process.
    beyond = any(cause.startswith("package:") or is_unit_file(cause) for cause in pending)
    if step.get("reload") and status["CanReload"] == "yes" and not beyond:
        word = "reload"
    if not run.check:
        reset_start_limit(unit)
        systemctl([word], unit, max(1, deadline - time.monotonic()))
        run.restarted.append(unit)
    run.change("unit", unit, f"{word}ed", f"changed: {', '.join(pending)}")


def reset_start_limit(unit):
    """Earlier runs that were killed may have used up the starts that systemd allows in a row."""
    execute(["systemctl", "reset-failed", "--", unit])


def start(run, unit, status, deadline):
    if run.check:
        if condition_unmet(status):
            return
        run.change("unit", unit, "started", f"is {status['ActiveState']}")
        return
    reset_start_limit(unit)
    systemctl(["start"], unit, max(1, deadline - time.monotonic()))
    if not condition_unmet(show_unit(unit)):
        run.change("unit", unit, "started")


def await_active(run, step, deadline):
    unit = step["unit"]
    problem = None
    while True:
        status = show_unit(unit)
        if condition_unmet(status):
            if unit not in run.unmet:
                run.unmet.append(unit)
            return
        if status["ActiveState"] == "failed":
            problem = f"has failed ({status['Result']})"
        elif status["ActiveState"] == "active" or has_run(status):
            problem = None if not step.get("ready") else not_ready(step["ready"])
            if problem is None:
                return
        else:
            problem = f"is {status['ActiveState']} ({status['SubState']})"
        if run.check:
            if status["ActiveState"] == "active":
                run.change("unit", unit, "restarted", problem)
            return
        if status["ActiveState"] == "failed" or time.monotonic() > deadline:
            raise Failure(f"unit {unit} {problem}" if status["ActiveState"] == "failed"
                          else f"unit {unit} {problem} after {step.get('timeoutSeconds', 90)} s", last_lines(unit))
        time.sleep(0.25)


def not_ready(target):
    """None when `tcp:host:port`, `http://...` or `file:/path` answers, else what is wrong."""
    scheme, _, rest = target.partition(":")
    try:
        if scheme == "file":
            return None if os.path.exists(rest) else f"has not made {rest}"
        if scheme == "tcp":
            host, _, port = rest.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), 2).close()
            return None
        return http_problem(target)
    except OSError as error:
        return f"does not answer at {target} ({error})"


def http_problem(target):
    # Imported here: they are slow to load, and most runs do without.
    import http.client
    import ssl
    import urllib.parse
    url = urllib.parse.urlsplit(target)
    if url.scheme == "https":
        # Whether the service answers is asked here, not who it is.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    try:
        connection.request("GET", f"{url.path or '/'}{'?' + url.query if url.query else ''}")
        status = connection.getresponse().status
    except http.client.HTTPException as error:
        return f"does not answer at {target} ({type(error).__name__})"
    finally:
        connection.close()
    return None if status < 500 else f"answers {target} with status {status}"


def final_check(run, steps):
    """A unit that died right after its start must not count as done."""
    for step in steps:
        if "unit" not in step or step.get("state", "active") != "active" or step["unit"] in run.unmet:
            continue
        run.at(f"unit {step['unit']}")
        status = show_unit(step["unit"])
        if status["ActiveState"] not in ("active", "reloading") and not has_run(status):
            raise Failure(f"unit {step['unit']} was active and is {status['ActiveState']} now", last_lines(step["unit"]))


def release_unit(run, unit, original):
    """A unit leaves the state: it stands again as it stood before us."""
    run.at(f"unit {unit}")
    status = show_unit(unit)
    if status["LoadState"] == "not-found":
        return
    running = status["ActiveState"] in ("active", "activating", "reloading")
    if status["UnitFileState"].startswith("masked") and not original["enabled"].startswith("masked"):
        if not run.check:
            systemctl(["unmask"], unit)
        run.change("unit", unit, "unmasked")
        status = show_unit(unit) if not run.check else status
    if running and not original["active"]:
        if not run.check:
            systemctl(["stop"], unit, 120)
        run.change("unit", unit, "stopped")
    state = status["UnitFileState"]
    if state == "enabled" and original["enabled"] in ("disabled", "absent"):
        if not run.check:
            systemctl(["disable"], unit)
        run.change("unit", unit, "disabled")
    if state == "disabled" and original["enabled"] == "enabled":
        if not run.check:
            systemctl(["enable"], unit)
        run.change("unit", unit, "enabled")
    if original["active"] and not running:
        if not run.check:
            systemctl(["start"], unit, 120)
        run.change("unit", unit, "started")
