# SPDX-License-Identifier: Apache-2.0
"""Packages through apt, with services kept from starting; repositories and their keys."""
import base64
import contextlib
import fcntl
import fnmatch
import glob
import hashlib
import os
import random
import time

from .base import RUN_DIR, STATE_DIR, Failure, execute, require
from .files import Found, replace_file
from .manifest import digest, owe

APT_SECONDS = 1800
LOCK_WAIT_SECONDS = 600
UPDATE_ATTEMPTS = 5
FRESH_SECONDS = 600
APT_LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock")
APT_ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBIAN_PRIORITY": "critical",
    "APT_LISTCHANGES_FRONTEND": "none",
    "NEEDRESTART_SUSPEND": "1",
}
APT_OPTIONS = ["-q", "-y", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
               "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120", "-o", "APT::Install-Recommends=false"]
POLICY = "/usr/sbin/policy-rc.d"
POLICY_SAVED = "/usr/sbin/policy-rc.d.before-opennebula-scaleway"
# The lock is held by the converger and by the apt that it starts, and the kernel drops it with the last of them: a policy
# left behind by a kill denies nothing.
POLICY_TEXT = f"""#!/bin/sh
# opennebula-scaleway: packages do not start services while the converger installs them
# A reload starts nothing, and what runs already must learn of what was installed: dbus of polkitd's account, for one.
case "$2" in reload | force-reload) exit 0 ;; esac
flock --nonblock --shared {RUN_DIR}/apt.lock true || exit 101
if [ -x {POLICY_SAVED} ]; then exec {POLICY_SAVED} "$@"; fi
exit 0
"""


def installed_versions(names):
    """Version of each of these packages that is installed and configured."""
    if not names:
        return {}
    result = execute(["dpkg-query", "-W", "-f", "${db:Status-Status} ${db:Status-Eflag}\t${Package}\t${Version}\n", *names])
    versions = {}
    for line in result.output.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[0] == "installed ok":
            versions[fields[1]] = fields[2]
    return versions


def satisfies(version, wanted):
    """`*` any, `7.0.*` by pattern (an epoch may be left out), else exactly."""
    forms = () if version is None else (version, version.partition(":")[2] or version)
    return any(fnmatch.fnmatchcase(form, wanted) for form in forms)


def converge_packages(run, manifest, wanted):
    run.at("packages")
    versions = installed_versions(sorted(wanted))
    run.versions = versions
    missing = [name for name in sorted(wanted) if not satisfies(versions.get(name), wanted[name])]
    if run.check:
        for name in missing:
            run.change("package", name, "updated" if name in versions else "installed",
                       f"{versions[name]} does not match {wanted[name]}" if name in versions else "is not installed")
        return
    owned = manifest.owned(run.layer, "package")
    for name in wanted:
        owned.setdefault(name, {"installed": name not in versions})
    if missing:
        owe(run, manifest, [f"package:{name}" for name in missing])
        install(run, manifest, [name if wanted[name] == "*" else f"{name}={wanted[name]}" for name in missing])
        after = installed_versions(sorted(wanted))
        for name in missing:
            if not satisfies(after.get(name), wanted[name]):
                raise Failure(f"package {name}: apt succeeded, but {after.get(name, 'nothing')} is installed, wanted"
                              f" {wanted[name]}")
            run.change("package", name, "updated" if name in versions else "installed", after[name])
        versions = after
    run.versions = {name: versions[name] for name in sorted(wanted)}


def install(run, manifest, specifications):
    run.at(f"packages {', '.join(specifications)}")
    with services_denied() as descriptor:
        repair_dpkg(descriptor)
        update_lists(run, manifest)
        result = apt(["install", *specifications], descriptor)
        if result.code != 0:
            # Lists may be newer at the mirror than here: once more with fresh ones.
            update_lists(run, manifest, force=True)
            result = apt(["install", *specifications], descriptor)
        if result.code != 0:
            why = f"no end after {APT_SECONDS} s" if result.code is None else f"exit status {result.code}"
            raise Failure(f"apt-get install: {why}", result.lines())


def apt(words, descriptor):
    wait_for_apt_locks()
    return execute(["apt-get", *APT_OPTIONS, *words], timeout=APT_SECONDS, env=APT_ENVIRONMENT, pass_fds=(descriptor,))


def repair_dpkg(descriptor):
    """Finishes what an interrupted dpkg has left half done."""
    if not execute(["dpkg", "--audit"]).output.strip() and not glob.glob("/var/lib/dpkg/updates/[0-9]*"):
        return
    wait_for_apt_locks()
    execute(["dpkg", "--configure", "-a", "--force-confdef", "--force-confold"], timeout=APT_SECONDS,
            env=APT_ENVIRONMENT, pass_fds=(descriptor,))
    result = apt(["--fix-broken", "install"], descriptor)
    if result.code != 0:
        raise Failure("packages were left half installed and `apt-get --fix-broken install` cannot finish them", result.lines())


def update_lists(run, manifest, force=False):
    """`apt-get update`, unless just done with the same sources. A mirror that fails is asked again, more slowly each time."""
    stamp = os.path.join(STATE_DIR, "apt-updated")
    pending = manifest.layer(run.layer)["pending"]
    fresh = os.path.exists(stamp) and time.time() - os.path.getmtime(stamp) < FRESH_SECONDS
    if fresh and not force and "apt-update" not in pending:
        return
    for attempt in range(1, UPDATE_ATTEMPTS + 1):
        wait_for_apt_locks()
        result = execute(["apt-get", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=2", "update"],
                         timeout=600, env=APT_ENVIRONMENT)
        if result.code == 0:
            break
        if attempt == UPDATE_ATTEMPTS:
            raise Failure(f"apt-get update failed {attempt} times: is the package mirror reachable from the host?",
                          result.lines())
        pause = 2 ** attempt * random.uniform(0.5, 1)
        run.log(f"apt-get update failed (attempt {attempt}), again in {pause:.0f} s")
        time.sleep(pause)
    with open(stamp, "w", encoding="ascii"):
        os.utime(stamp)
    pending.pop("apt-update", None)
    manifest.save()


def wait_for_apt_locks():
    """Waits until no other apt or dpkg works (cloud-init, unattended upgrades, one orphaned by a kill)."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    for path in APT_LOCKS:
        while not lock_is_free(path):
            if time.monotonic() > deadline:
                raise Failure(f"{path} has been locked for {LOCK_WAIT_SECONDS} s{holder(path)}: another package manager runs"
                              " on the host; wait for it or end it, then run again")
            time.sleep(0.5)


def lock_is_free(path):
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except (BlockingIOError, PermissionError):
        return False
    finally:
        os.close(descriptor)


def holder(path):
    """` by process 123 (apt-get)`, if the kernel tells."""
    inode = str(os.stat(path).st_ino)
    with open("/proc/locks", encoding="ascii") as locks:
        for fields in map(str.split, locks):
            if len(fields) > 5 and fields[5].split(":")[-1] == inode:
                with contextlib.suppress(OSError), open(f"/proc/{fields[4]}/comm", encoding="utf-8") as comm:
                    return f" by process {fields[4]} ({comm.read().strip()})"
    return ""


@contextlib.contextmanager
def services_denied():
    """Puts the policy in place; yields the lock's descriptor, which apt inherits."""
    os.makedirs(RUN_DIR, 0o755, exist_ok=True)
    wait_for_apt_locks()
    path = os.path.join(RUN_DIR, "apt.lock")
    with contextlib.suppress(FileNotFoundError):
        # A new inode: a process that inherited the last one cannot hold us up.
        os.unlink(path)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        found = Found(POLICY)
        if found.exists and found.data != POLICY_TEXT.encode():
            os.replace(POLICY, POLICY_SAVED)
        replace_file(POLICY, POLICY_TEXT.encode(), (0, 0, 0o755))
        yield descriptor
    finally:
        remove_policy()
        os.close(descriptor)


def remove_policy():
    if os.path.lexists(POLICY_SAVED):
        os.replace(POLICY_SAVED, POLICY)
    elif Found(POLICY).data == POLICY_TEXT.encode():
        os.unlink(POLICY)


def remove_stale_policy():
    """One that a killed apply has left; while the apt that it started still works, it stays."""
    if Found(POLICY).data == POLICY_TEXT.encode() and all(lock_is_free(path) for path in APT_LOCKS):
        remove_policy()


def repository_files(name, repository, key_text):
    """The two files that make a repository; a repository whose key is not known yet has only one."""
    key_path = f"/etc/apt/keyrings/{name}.asc"
    lines = ["# opennebula-scaleway", "Types: deb", f"URIs: {repository['uri']}", f"Suites: {' '.join(repository['suites'])}"]
    if repository["components"]:
        lines.append(f"Components: {' '.join(repository['components'])}")
    lines.append(f"Signed-By: {key_path}")
    label = {"kind": "repository", "ident": name}
    files = {f"/etc/apt/sources.list.d/{name}.sources": {"content": "\n".join(lines) + "\n", **label}}
    if key_text is not None:
        files[key_path] = {"content": key_text, **label}
    return files


def repository_key(run, manifest, name, key):
    """The armoured key: given, as it stands on the host, or fetched; None when a check would have to fetch it."""
    if "armored" in key:
        return key["armored"] if key["armored"].endswith("\n") else key["armored"] + "\n"
    path = f"/etc/apt/keyrings/{name}.asc"
    owned = manifest.owned(run.layer, "repositoryKey")
    source = digest(f"{key['url']} {key.get('fingerprint', '')}")
    found = Found(path)
    if found.data is not None and owned.get(name, {}).get("source") == source and digest(found.data) == owned[name]["content"]:
        return found.data.decode()
    if run.check:
        run.change("repository", name, "updated", "the key is missing or not the one that was fetched")
        return None
    text = fetch_key(key["url"])
    if key.get("fingerprint") and key["fingerprint"].replace(" ", "").upper() not in fingerprints(text):
        raise Failure(f"{key['url']}: the key there has not the fingerprint {key['fingerprint']} but"
                      f" {', '.join(fingerprints(text)) or 'none that can be read'}")
    owned[name] = {"source": source, "content": digest(text)}
    return text


def fetch_key(url):
    # Imported here: slow to load, and only a new repository needs it.
    import urllib.error
    import urllib.request
    problem = None
    for attempt in range(4):
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                text = response.read(1 << 20).decode("ascii")
                if "BEGIN PGP PUBLIC KEY BLOCK" not in text:
                    raise Failure(f"{url}: no armoured public key is served there")
                return text
        except (OSError, UnicodeDecodeError) as error:
            problem = error
            # Who says that it is not there says so the next time too.
            if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404, 410):
                break
            time.sleep(2 ** attempt * random.uniform(0.5, 1))
    raise Failure(f"{url}: the repository's key cannot be fetched: {problem}")


def fingerprints(armored):
    """Fingerprints of the version 4 public keys (RFC 4880, 12.2) in an armoured block."""
    block = armored.replace("\r", "").split("-----BEGIN PGP PUBLIC KEY BLOCK-----")[-1].split("-----END")[0]
    lines = block.split("\n\n", 1)[-1]
    data = base64.b64decode("".join(line for line in lines.splitlines() if line and not line.startswith("=")))
    found, position = [], 0
    while position + 2 < len(data):
        tag = data[position]
        if tag & 0x40:
            kind, size, header = tag & 0x3F, data[position + 1], 2
            if 192 <= size < 224:
                size, header = ((size - 192) << 8) + data[position + 2] + 192, 3
            elif size == 255:
                size, header = int.from_bytes(data[position + 2:position + 6], "big"), 6
        else:
            kind, width = (tag >> 2) & 0xF, (1, 2, 4, 0)[tag & 3]
            size, header = int.from_bytes(data[position + 1:position + 1 + width], "big") if width else len(data), 1 + width
        body = data[position + header:position + header + size]
        if kind in (6, 14) and body[:1] == b"\x04":
            found.append(hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body).hexdigest().upper())
        position += header + size
    return found
