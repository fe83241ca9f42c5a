#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Loads a host's firewall, keeps the addresses of its named destinations, and tells whether its rules still stand.

usage: firewall.py load      loads the rules in one step, with every address that is known
       firewall.py refresh   looks the destinations up again; puts rules back that somebody else removed
       firewall.py verify    ends with 0 if the loaded rules are those of the file, else says what differs and ends with 1
       firewall.py unload    takes the rules away
"""
import concurrent.futures
import contextlib
import fcntl
import glob
import hashlib
import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse

TABLE = ("inet", "opennebula_scaleway")
ROOT = os.environ.get("FIREWALL_ROOT", "")
RULES = f"{ROOT}/etc/opennebula-scaleway/firewall.nft"
DESTINATIONS = f"{ROOT}/etc/opennebula-scaleway/destinations.json"
SEEN = f"{ROOT}/var/lib/opennebula-scaleway-firewall/seen.json"
RUN = f"{ROOT}/run/opennebula-scaleway-firewall"
LOADED_RULES, LOADED = f"{RUN}/rules.nft", f"{RUN}/loaded.json"
# An address stays allowed for this long after it was last seen: names of content networks change theirs all the time.
HOLD_SECONDS = 6 * 3600
LOOKUP_SECONDS = 8
PORTS = {"http": 80, "https": 443}
# What anybody's answer may not open: these are no places in the Internet, and private ones have rules of their own.
LOCAL = [ipaddress.ip_network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8")]


def nft(words, text=None):
    return subprocess.run(["nft", *words], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          check=False)


def require(words, text=None):
    result = nft(words, text)
    if result.returncode != 0:
        raise SystemExit(f"nft {' '.join(words)}: {result.stderr.strip()[:2000]}")
    return result.stdout


def read(path, default=""):
    try:
        with open(path, encoding="utf-8") as source:
            return source.read()
    except FileNotFoundError:
        return default


def write(path, text):
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    with open(f"{path}.new", "w", encoding="utf-8") as target:
        target.write(text)
    os.replace(f"{path}.new", path)


def wanted():
    """Pairs of name (or address) and the (protocol, port) that is allowed there, from the file and the host's own settings."""
    document = json.loads(read(DESTINATIONS, "{}"))
    found = {(entry["host"], protocol, entry["port"]) for entry in document.get("names", []) for protocol in entry["protocols"]}
    for source in document.get("host", []):
        found |= {"packages": apt_sources, "resolvers": resolvers, "timeServers": time_servers}[source]()
    return found


def apt_sources():
    text = "\n".join(read(path) for path in
                     glob.glob(f"{ROOT}/etc/apt/sources.list") + sorted(glob.glob(f"{ROOT}/etc/apt/sources.list.d/*")))
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    urls = [urllib.parse.urlsplit(url) for url in re.findall(r"\bhttps?://[^\s\]]+", "\n".join(lines))]
    return {(url.hostname, "tcp", url.port or PORTS[url.scheme]) for url in urls if url.hostname}


def resolvers():
    paths = (f"{ROOT}/run/systemd/resolve/resolv.conf", f"{ROOT}/etc/resolv.conf")
    found = {address for path in paths for address in re.findall(r"^nameserver\s+([^\s%]+)", read(path), re.M)}
    return {(address, protocol, 53) for address in found if not address.startswith("127.") for protocol in ("udp", "tcp")}


def time_servers():
    """chrony looks its pools up by itself: besides the names, the addresses that it talks to."""
    paths = [f"{ROOT}/etc/chrony/chrony.conf", *sorted(glob.glob(f"{ROOT}/etc/chrony/sources.d/*.sources"))]
    names = {name for path in paths for name in re.findall(r"^(?:server|pool|peer)\s+(\S+)", read(path), re.M)}
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        result = subprocess.run(["chronyc", "-n", "-c", "sources"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                timeout=5, check=False)
        rows = [line.split(",") for line in result.stdout.splitlines()]
        names |= {row[2] for row in rows if len(row) > 2 and row[0] == "^"}
    return {(name, "udp", 123) for name in names}


def addresses_of(name):
    try:
        return [str(ipaddress.ip_address(name))]
    except ValueError:
        pass
    try:
        return sorted({entry[4][0] for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM) if "%" not in entry[4][0]})
    except (OSError, UnicodeError):
        return []


def look_up(names):
    """Addresses by name; a name without an answer in time has none."""
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=16)
    answers = {pool.submit(addresses_of, name): name for name in names}
    done, _ = concurrent.futures.wait(answers, timeout=LOOKUP_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {answers[answer]: answer.result() for answer in done}


def is_literal(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def outside(address):
    value = ipaddress.ip_address(address)
    return not any(value.version == network.version and value in network for network in LOCAL)


def current(ask):
    """Seconds that each (address, protocol, port) stays allowed. With `ask` names are looked up, else the last answers count."""
    now, entries = int(time.time()), wanted()
    seen = {tuple(row[:4]): row[4] for row in json.loads(read(SEEN, "[]"))}
    names = {name for name, _, _ in entries}
    answers = look_up(names) if ask else {name: addresses_of(name) for name in names if is_literal(name)}
    for name, protocol, port in entries:
        for address in answers.get(name, []):
            seen[(name, address, protocol, port)] = now
    # What is no longer declared ends at once, not after six hours.
    seen = {row: last for row, last in seen.items() if (row[0], row[2], row[3]) in entries and 0 <= now - last < HOLD_SECONDS}
    write(SEEN, json.dumps(sorted([*row, last] for row, last in seen.items()), indent=0))
    allowed = {}
    for (_, address, protocol, port), last in seen.items():
        if outside(address):
            key = (address, protocol, port)
            allowed[key] = max(allowed.get(key, 0), HOLD_SECONDS - (now - last))
    return allowed


def elements(allowed, flush):
    """Text that makes the two sets hold exactly these."""
    lines = []
    for family, name in ((4, "destinations4"), (6, "destinations6")):
        rows = [f"{address} . {protocol} . {port} timeout {seconds}s" for (address, protocol, port), seconds in
                sorted(allowed.items()) if ipaddress.ip_address(address).version == family]
        if flush:
            lines.append(f"flush set {' '.join(TABLE)} {name}")
        if rows:
            lines.append(f"add element {' '.join(TABLE)} {name} {{ {', '.join(rows)} }}")
    return "".join(f"{line}\n" for line in lines)


def fingerprint():
    """Hash of the rules as the kernel has them, without counters and without what fills itself; None without a table."""
    listing = nft(["-s", "-t", "list", "table", *TABLE])
    if listing.returncode != 0:
        return None
    fixed = re.findall(r"^\tset (zone_\w+|fixed\w+) ", listing.stdout, re.M)
    return hashlib.sha256("".join([listing.stdout, *(require(["-s", "list", "set", *TABLE, name]) for name in fixed)]).encode()).hexdigest()


def load(path=RULES, ask=False):
    rules = read(path)
    if not rules:
        raise SystemExit(f"{path}: there are no rules")
    # One transaction: there is no moment without rules, and none without ways out.
    require(["-f", "-"], rules + elements(current(ask), flush=False))
    write(LOADED_RULES, rules)
    write(LOADED, json.dumps({"file": hashlib.sha256(rules.encode()).hexdigest(), "fingerprint": fingerprint()}))


def refresh():
    loaded = json.loads(read(LOADED, "{}"))
    if not loaded:
        return 0
    if fingerprint() != loaded["fingerprint"]:
        # Those that were loaded, not those of the file: new ones take effect by `load` alone.
        print("<4>the rules were changed or removed by somebody else; they are loaded again", flush=True)
        load(LOADED_RULES, ask=True)
    else:
        require(["-f", "-"], elements(current(ask=True), flush=True))
    return 0


def verify():
    loaded, rules = json.loads(read(LOADED, "{}")), read(RULES)
    if not loaded:
        return problem("the rules have not been loaded since the host was started")
    if loaded["file"] != hashlib.sha256(rules.encode()).hexdigest():
        return problem("the loaded rules are of another version of the file")
    if fingerprint() != loaded["fingerprint"]:
        return problem("the rules in force are not those that were loaded")
    return 0


def problem(text):
    print(text, file=sys.stderr)
    return 1


def unload():
    if nft(["list", "table", *TABLE]).returncode == 0:
        require(["delete", "table", *TABLE])
    with contextlib.suppress(FileNotFoundError):
        os.remove(LOADED)
    return 0


def main(words):
    command = {"load": load, "refresh": refresh, "verify": verify, "unload": unload}.get(" ".join(words))
    if command is None:
        print(__doc__, file=sys.stderr)
        return 2
    os.makedirs(RUN, 0o755, exist_ok=True)
    with open(f"{RUN}/lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code = command() or 0
    # Look-ups that have not ended do not hold the process.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
