#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The certificate of the public names, from an ACME authority, by uacme of the distribution.

usage: acme.py renew SETTINGS            asks for a certificate where there is none, where it is for other names, or where less than a
                                         third of its life is left; puts it before the proxy. Whatever fails, the one in use stays.
       acme.py new-key SETTINGS          the same with a new private key, now
       acme.py new-account-key SETTINGS  replaces the account's key at the authority, and ends with 0 only when the old one is dead
       acme.py begin|done|failed ...     what uacme calls for each challenge; finds the settings in ACME_SETTINGS

SETTINGS is a JSON file:
  directory   the authority's ACME directory (URL)
  email       whom the authority writes to; optional
  names       names of the certificate; the first one gives files their name
  challenge   http-01 or dns-01
  state       folder for keys and certificates, readable by root alone
  live        link that the proxy reads fullchain.pem and key.pem below; another folder of the same parent takes its place
  webroot     folder whose .well-known/acme-challenge the proxy serves on port 80 (http-01)
  dns         {api, zone, token, waitSeconds}: Scaleway's API, the DNS zone, file with the key, and how long records may take (dns-01)
  reload      command that makes the proxy read the certificate, as a list
"""
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

CALL_SECONDS = 600


def uacme(settings, *words, confdir=None):
    """Runs uacme; returns its exit status and what it said."""
    argv = ["uacme", "--acme-url", settings["directory"], "--confdir", str(confdir or account(settings)), "--type", "EC",
            "--hook", os.path.abspath(__file__), *words]
    environment = {**os.environ, "ACME_SETTINGS": settings["file"]}
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=CALL_SECONDS, env=environment, check=False)
    return result.returncode, result.stdout.strip()


def required(settings, *words):
    status, said = uacme(settings, *words)
    if status != 0:
        raise SystemExit(f"{settings['directory']}: {said[-2000:] or f'uacme ended with {status}'}")


def account(settings):
    """Each authority has a folder of its own: an account of one is nothing at another."""
    name = hashlib.sha256(settings["directory"].encode()).hexdigest()[:12]
    return pathlib.Path(settings["state"]) / name


def issued(settings):
    """The pair as uacme keeps it: certificate with its chain, and key."""
    first = settings["names"][0]
    return account(settings) / first / "cert.pem", account(settings) / "private" / first / "key.pem"


def register(settings):
    status, said = uacme(settings, "--yes", "new", *contact(settings))
    if status != 0 and "Account already exists" not in said:
        raise SystemExit(f"{settings['directory']}: no account: {said[-2000:] or f'uacme ended with {status}'}")


def is_current(settings, path):
    """For the same names, and with more than a third of its life left: authorities shorten the lives that they give."""
    if not path.exists():
        return False
    shown = subprocess.run(["openssl", "x509", "-noout", "-dates", "-ext", "subjectAltName", "-in", str(path)],
                           stdout=subprocess.PIPE, text=True, timeout=30, check=True).stdout
    begin, end = (ssl.cert_time_to_seconds(re.search(f"{field}=(.*)", shown).group(1)) for field in ("notBefore", "notAfter"))
    return set(re.findall(r"DNS:([^,\s]+)", shown)) == set(settings["names"]) and end - time.time() > (end - begin) / 3


def renew(settings, force=False):
    certificate, key = issued(settings)
    if force or not is_current(settings, certificate):
        register(settings)
        required(settings, "--no-ocsp", "--force", "issue", *settings["names"])
        for old in certificate.parent.glob("cert-*.pem"):
            old.unlink()
    put_before_proxy(settings, certificate, key)


def put_before_proxy(settings, certificate, key):
    """Certificate and key change in one step, and only as a pair."""
    live = pathlib.Path(settings["live"])
    texts = {"fullchain.pem": certificate.read_bytes(), "key.pem": key.read_bytes()}
    name = f"{live.name}-{hashlib.sha256(b''.join(texts.values())).hexdigest()[:12]}"
    folder = live.parent / name
    before = os.readlink(live) if live.is_symlink() else None
    if before == name and all((folder / one).exists() for one in texts):
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    for one, text in texts.items():
        with open(os.open(folder / one, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            target.write(text)
    point(live, name)
    try:
        subprocess.run(settings["reload"], check=True, timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # A proxy that is restarted later must find what it served until now.
        if before is not None:
            point(live, before)
        raise SystemExit(f"the proxy does not take the certificate: {(error.output or '')[-2000:]}") from None
    for old in live.parent.glob(f"{live.name}-*"):
        if old.name != name and re.fullmatch(r"[0-9a-f]{12}", old.name[len(live.name) + 1:]):
            shutil.rmtree(old)


def point(link, target):
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    os.replace(fresh, link)


def new_key(settings):
    _, key = issued(settings)
    kept = key.with_name("key.before")
    if key.exists():
        os.replace(key, kept)
    try:
        renew(settings, force=True)
    except BaseException:
        if kept.exists():
            os.replace(kept, key)
        raise
    kept.unlink(missing_ok=True)


def new_account_key(settings):
    private = account(settings) / "private"
    # What a killed run left is still to be proven; without any, a new key is due.
    if not list(private.glob("key-*.pem")):
        required(settings, "newkey")
    for old in private.glob("key-*.pem"):
        with tempfile.TemporaryDirectory(dir=settings["state"]) as confdir:
            os.mkdir(f"{confdir}/private", 0o700)
            shutil.copy(old, f"{confdir}/private/key.pem")
            status, said = uacme(settings, "--verbose", "--never-create", "update", *contact(settings), confdir=confdir)
        if status == 0:
            raise SystemExit("the old account key still works")
        if "no account associated with" not in said:
            raise SystemExit(f"whether the old account key is dead cannot be told: {said[-500:]}")
        old.unlink()
    required(settings, "--never-create", "update", *contact(settings))


def contact(settings):
    return [settings["email"]] if settings.get("email") else []


def challenge(settings, method, kind, name, token, answer):
    """Ends with 0 to take a challenge on."""
    if kind != settings["challenge"]:
        return 1
    if kind == "dns-01":
        dns = Dns(settings["dns"])
        (dns.publish if method == "begin" else dns.withdraw)(f"_acme-challenge.{name}", answer)
        return 0
    if not re.fullmatch(r"[A-Za-z0-9_-]+", token):
        raise SystemExit("the authority's token is no file name")
    path = pathlib.Path(settings["webroot"]) / ".well-known/acme-challenge" / token
    if method == "begin":
        path.write_text(answer, encoding="ascii")
        path.chmod(0o644)
    else:
        path.unlink(missing_ok=True)
    return 0


class Dns:
    """Records of one zone at Scaleway."""

    def __init__(self, settings):
        self.settings = settings
        self.base = f"{settings['api']}/domain/v2beta1/dns-zones"
        self.records = f"{self.base}/{urllib.parse.quote(settings['zone'])}/records"

    def publish(self, full, answer):
        name = self.inside(full)
        # A run that was killed leaves a record behind.
        stale = [{"delete": {"id": record["id"]}} for record in self.of(name)]
        record = {"name": name, "type": "TXT", "data": f'"{answer}"', "ttl": 60, "priority": 0}
        self.change([*stale, {"add": {"records": [record]}}])
        self.wait()

    def withdraw(self, full, answer):
        found = [record["id"] for record in self.of(self.inside(full)) if record["data"].strip('"') == answer]
        if found:
            self.change([{"delete": {"id": one}} for one in found])

    def inside(self, full):
        zone = self.settings["zone"]
        if not full.endswith(f".{zone}"):
            raise SystemExit(f"{full} is not in the zone {zone}")
        return full[: -len(zone) - 1]

    def of(self, name):
        query = urllib.parse.urlencode({"name": name, "type": "TXT"})
        return [record for record in self.call("GET", f"{self.records}?{query}")["records"] if record["name"] == name]

    def change(self, changes):
        self.call("PATCH", self.records,
                  {"changes": changes, "return_all_records": False, "disallow_new_zone_creation": True})

    def wait(self):
        """Until Scaleway has given the zone to its name servers, and as long as the settings say besides."""
        deadline = time.monotonic() + 300
        query = urllib.parse.urlencode({"dns_zones": self.settings["zone"]})
        while self.call("GET", f"{self.base}?{query}")["dns_zones"][0]["status"] == "pending":
            if time.monotonic() > deadline:
                raise SystemExit(f"zone {self.settings['zone']}: still pending after 300 s")
            time.sleep(2)
        time.sleep(self.settings["waitSeconds"])

    def call(self, method, url, body=None):
        token = pathlib.Path(self.settings["token"]).read_text(encoding="ascii").strip()
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"X-Auth-Token": token, "Content-Type": "application/json"}, method=method)
        for pause in (1, 4, None):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                said = error.read()[:300].decode(errors="replace")
                if error.code not in (409, 429) and error.code < 500 or pause is None:
                    raise SystemExit(f"{method} {url}: {error.code} {said}") from None
            except OSError as error:
                if pause is None:
                    raise SystemExit(f"{method} {url}: {error}") from None
            time.sleep(pause)
        raise AssertionError("not reached")


@contextlib.contextmanager
def alone(settings):
    """A renewal by the timer and one by hand wait for each other."""
    os.makedirs(settings["state"], mode=0o700, exist_ok=True)
    with open(os.path.join(settings["state"], "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read(path):
    with open(path, encoding="utf-8") as source:
        return {**json.load(source), "file": path}


def main(words):
    command, *rest = words or [""]
    if command in ("begin", "done", "failed"):
        sys.exit(challenge(read(os.environ["ACME_SETTINGS"]), command, *rest))
    run = {"renew": renew, "new-key": new_key, "new-account-key": new_account_key}.get(command)
    if run is None or len(rest) != 1:
        raise SystemExit(__doc__)
    settings = read(rest[0])
    with alone(settings):
        run(settings)


if __name__ == "__main__":
    os.umask(0o077)
    main(sys.argv[1:])
