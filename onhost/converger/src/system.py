# SPDX-License-Identifier: Apache-2.0
"""Groups, users, kernel modules and sysctls."""
import grp
import os
import pwd

from .base import MARK, Failure, execute, require

CAP_SYS_MODULE = 16


def find_group(name):
    try:
        return grp.getgrnam(name)
    except KeyError:
        return None


def find_user(name):
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def converge_group(run, manifest, name, entry):
    run.at(f"group {name}")
    found = find_group(name)
    if found is not None:
        if "gid" in entry and found.gr_gid != entry["gid"]:
            text = f"has number {found.gr_gid}, wanted {entry['gid']}"
            if not run.check:
                raise Failure(f"group {name} {text}: files belong to that number, so it is never changed; rename the group"
                              " that is in the way")
            run.change("group", name, "updated", text)
        return
    if not run.check:
        manifest.owned(run.layer, "group")[name] = {"made": True}
        manifest.save()
        number = ["--gid", str(entry["gid"])] if "gid" in entry else []
        require(["groupadd", *number, *(["--system"] if entry.get("system") else []), name], f"groupadd {name}")
    run.change("group", name, "created")


def converge_user(run, manifest, name, entry):
    run.at(f"user {name}")
    found = find_user(name)
    if found is None:
        if not run.check:
            manifest.owned(run.layer, "user")[name] = {"made": True, "groups": []}
            manifest.save()
            require(useradd(name, entry), f"useradd {name}")
        run.change("user", name, "created")
        return
    if "uid" in entry and found.pw_uid != entry["uid"]:
        text = f"has number {found.pw_uid}, wanted {entry['uid']}"
        if not run.check:
            raise Failure(f"user {name} {text}: files belong to that number, so it is never changed; rename the user"
                          " that is in the way")
        run.change("user", name, "updated", text)
        return
    wanted = [("--home", "home", found.pw_dir), ("--shell", "shell", found.pw_shell)]
    if "group" in entry:
        primary = find_group(entry["group"])
        wanted.append(("--gid", "group", entry["group"] if primary and primary.gr_gid == found.pw_gid else str(found.pw_gid)))
    words, texts = [], []
    for option, key, current in wanted:
        if key in entry and entry[key] != current:
            words += [option, entry[key]]
            texts.append(f"{key} {current}, wanted {entry[key]}")
    if words:
        if not run.check:
            require(["usermod", *words, name], f"usermod {name}")
        run.change("user", name, "updated", "; ".join(texts))


def useradd(name, entry):
    words = ["useradd"]
    for option, key in (("--uid", "uid"), ("--home-dir", "home"), ("--shell", "shell"), ("--gid", "group")):
        if key in entry:
            words += [option, str(entry[key])]
    if "group" not in entry:
        # A group of the same name may have been made already, with a number of its own.
        words += ["--gid", name] if find_group(name) else ["--user-group"]
    words += ["--system"] if entry.get("system") else ["--create-home"]
    return [*words, name]


def converge_memberships(run, manifest, name, entry):
    """After the packages, since packages make many of the groups."""
    run.at(f"user {name}")
    for group in entry.get("groups", []):
        found = find_group(group)
        if found is not None and name in found.gr_mem:
            continue
        if not run.check:
            if found is None:
                raise Failure(f"user {name}: group {group} is no group of this host; name it in `groups` or name the package"
                              " that makes it")
            note = manifest.owned(run.layer, "user").setdefault(name, {"made": False, "groups": []})
            note["groups"] = sorted({*note["groups"], group})
            manifest.save()
            require(["usermod", "--append", "--groups", group, name], f"usermod {name}")
        run.change("user", name, "updated", f"joins group {group}")


def release_user(run, name, record, kept_groups=()):
    """Users and groups stay, since files may belong to them; memberships that we made go."""
    run.at(f"user {name}")
    for group in [group for group in record["groups"] if group not in kept_groups]:
        found = find_group(group)
        if found is not None and name in found.gr_mem:
            if not run.check:
                require(["gpasswd", "--delete", name, group], f"gpasswd {name}")
            run.change("user", name, "updated", f"leaves group {group}")
        if not run.check:
            record["groups"].remove(group)


def sysctl_path(key):
    # Written with slashes, dots are part of a name (eth0.100).
    return os.path.join("/proc/sys", key if "/" in key else key.replace(".", "/"))


def read_sysctl(key):
    try:
        with open(sysctl_path(key), encoding="ascii") as source:
            return " ".join(source.read().split())
    except OSError:
        return None


def write_sysctl(key, value):
    try:
        with open(sysctl_path(key), "w", encoding="ascii") as target:
            target.write(value)
    except FileNotFoundError:
        raise Failure(f"sysctl {key}: this kernel has no such key; is the kernel module listed that brings it?") from None
    except OSError as error:
        raise Failure(f"sysctl {key} = {value}: {error.strerror}") from None


def converge_sysctls(run, manifest, wanted):
    owned = manifest.owned(run.layer, "sysctl")
    for key in sorted(wanted):
        run.at(f"sysctl {key}")
        current, value = read_sysctl(key), " ".join(wanted[key].split())
        if not run.check:
            owned.setdefault(key, {"original": current})
        if current == value:
            continue
        if not run.check:
            manifest.save()
            write_sysctl(key, value)
        run.change("sysctl", key, "updated", f"{'absent' if current is None else current}, wanted {value}")


def release_sysctl(run, manifest, key, record):
    run.at(f"sysctl {key}")
    current = read_sysctl(key)
    if manifest.others(run.layer, "sysctl", key) or record["original"] is None or current in (None, record["original"]):
        return
    if not run.check:
        write_sysctl(key, record["original"])
    run.change("sysctl", key, "restored", record["original"])


def converge_modules(run, names):
    for name in names:
        run.at(f"kernel module {name}")
        if module_is_there(name):
            continue
        if not may_load_modules():
            # The same condition under which systemd-modules-load.service does not run.
            run.unmet.append(f"module:{name}")
            continue
        if not run.check:
            require(["modprobe", name], f"modprobe {name}")
        run.change("module", name, "loaded")


def module_is_there(name):
    """Loaded or built in."""
    canonical_name = name.replace("-", "_")
    if os.path.isdir(f"/sys/module/{canonical_name}"):
        return True
    listing = execute(["modprobe", "--show-depends", name])
    return listing.code == 0 and listing.output.startswith("builtin")


def may_load_modules():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("CapEff:"):
                return bool(int(line.split()[1], 16) >> CAP_SYS_MODULE & 1)
    return False


def derived_files(layer, state):
    """Files that make module loading and sysctls last over a reboot, and the settings of apt."""
    files = {}
    for name, content in sorted(state.get("aptSettings", {}).items()):
        files[f"/etc/apt/apt.conf.d/{name}"] = {"content": content, "kind": "aptSetting", "ident": name}
    if state.get("kernelModules"):
        files[f"/etc/modules-load.d/{MARK}-{layer}.conf"] = {
            "content": "".join(f"{name}\n" for name in state["kernelModules"]), "kind": "module", "ident": "at boot"}
    if state.get("sysctls"):
        # Files count in the order of their names, and distributions have some that begin with 99 (Debian's 99-protect-links.conf).
        files[f"/etc/sysctl.d/99-zz-{MARK}-{layer}.conf"] = {
            "content": "".join(f"{key} = {value}\n" for key, value in sorted(state["sysctls"].items())),
            "kind": "sysctl", "ident": "at boot"}
    return files
