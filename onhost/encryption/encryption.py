# SPDX-License-Identifier: Apache-2.0
"""
The encrypted disk of a host: finds the device that its installation left unformatted, makes it LUKS2 once, opens it, and puts
swap on a key that nobody knows. The key comes on standard input and is written nowhere.

    encryption.py ready <settings>     exit 0 when the disk is open, has a file system, and swap is encrypted
    encryption.py prepare <settings>   makes it so; may be killed at any instant and run again
    encryption.py unlock <settings>    opens the disk after a boot
"""
import contextlib
import json
import os
import subprocess
import sys

# A guess costs nothing to refuse with a key of 64 random characters: slow derivation would only need memory at boot.
DERIVATION = ["--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"]
SMALLEST_BYTES = 1 << 30


class Refusal(Exception):
    pass


def run(*words, given=b"", may_fail=False, env=None):
    done = subprocess.run(words, input=given, capture_output=True, timeout=600, env={**os.environ, "LC_ALL": "C", **(env or {})})
    if done.returncode != 0 and not may_fail:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Refusal(f"{words[0]} {words[1]}: {said[-1] if said else 'status %d' % done.returncode}")
    return done


def text(*words, **options):
    return run(*words, **options).stdout.decode(errors="replace").strip()


def write(path, content):
    """So that a kill leaves the old file or the new one."""
    part = f"{path}.opennebula-scaleway"
    with open(part, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        status = os.stat(path)
        os.chmod(part, status.st_mode & 0o7777)
    os.replace(part, path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def devices():
    """Every block device once, those inside of others too."""
    found = {}

    def add(device):
        found.setdefault(device["name"], device)
        for child in device.get("children", []):
            add(child)

    columns = "NAME,TYPE,SIZE,FSTYPE,LABEL,MOUNTPOINTS"
    for device in json.loads(text("lsblk", "--json", "--bytes", "--paths", "--output", columns))["blockdevices"]:
        add(device)
    return list(found.values())


class Disk:
    def __init__(self, settings):
        self.settings = settings
        self.mapper = settings["mapper"]
        self.opened = settings["opened"]
        # There while a device is formatted: what is on it then is ours and holds no data yet.
        self.marker = settings["marker"]

    def ours(self):
        found = [one["name"] for one in devices() if one.get("fstype") == "crypto_LUKS" and one.get("label") == self.settings["label"]]
        if len(found) > 1:
            raise Refusal(f"{', '.join(found)}: several devices have the label {self.settings['label']}; take the foreign ones away")
        return found[0] if found else None

    def free(self):
        """The array that the installation left without a file system."""
        in_use = lambda one: bool(one.get("children")) or any(one.get("mountpoints") or []) or one.get("fstype") == "swap"
        arrays = [one for one in devices() if one["type"].startswith("raid") and not in_use(one) and int(one["size"]) >= SMALLEST_BYTES]
        if not arrays:
            raise Refusal("there is no unused disk array: encryption needs a server that was installed with it (docs/security/encryption.md)")
        if len(arrays) > 1:
            raise Refusal(f"{', '.join(sorted(one['name'] for one in arrays))}: several unused arrays; which one is meant cannot be told")
        return arrays[0]["name"]

    def signatures(self, device):
        answer = text("wipefs", "--no-act", "--json", device)
        return sorted({one["type"] for one in json.loads(answer)["signatures"]}) if answer else []

    def marked(self):
        return (lines_of(self.marker) or [None])[0]

    def format(self, key):
        device = self.free()
        held = self.signatures(device)
        if held and not (held == ["crypto_LUKS"] and self.marked() == device):
            raise Refusal(f"{device} carries data ({', '.join(held)}); where nobody needs it: wipefs --all {device}")
        write(self.marker, f"{device}\n")
        run("cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--label", self.settings["label"],
            *DERIVATION, "--key-file", "-", device, given=key)
        return device

    @staticmethod
    def opens(device, key):
        words = ["open", "--test-passphrase", "--key-file", "-", device]
        return run("cryptsetup", *words, given=key, may_fail=True).returncode == 0

    def open(self, device, key):
        if os.path.exists(self.opened):
            return
        if not self.opens(device, key):
            raise Refusal(f"{device} does not open with the stack's key")
        run("cryptsetup", "open", "--type", "luks2", "--key-file", "-", device, self.mapper, given=key)

    def make_file_system(self, device):
        held = text("blkid", "--probe", "--match-tag", "TYPE", "--output", "value", self.opened, may_fail=True)
        if self.marked() == device:
            run("mkfs.ext4", "-q", "-F", "-L", self.mapper, self.opened)
            # Before it is mounted: from here on there may be data.
            os.unlink(self.marker)
        elif held != "ext4":
            raise Refusal(f"{device} is open and holds {held or 'no file system'}, which is not what this program made")

    def enroll(self, device, key):
        if not self.settings["tpm"] or self.has_tpm_key(device):
            return
        run("systemd-cryptenroll", "--tpm2-device=auto", "--tpm2-pcrs=7", device, env={"PASSWORD": key.decode()})

    def has_tpm_key(self, device):
        tokens = json.loads(text("cryptsetup", "luksDump", "--dump-json-metadata", device))["tokens"]
        return any(one["type"] == "systemd-tpm2" for one in tokens.values())

    def ready(self):
        """Whether the disk is there and open; a marker says that it was not finished."""
        return os.path.exists(self.opened) and self.marked() is None


class Swap:
    def __init__(self, settings):
        self.fstab = settings["fstab"]

    def entries(self):
        return [line for line in lines_of(self.fstab) if self.is_swap(line)]

    @staticmethod
    def is_swap(line):
        words = line.split()
        return len(words) > 2 and not line.lstrip().startswith("#") and words[2] == "swap"

    @staticmethod
    def active():
        return [line for line in text("swapon", "--show=NAME", "--noheadings", "--raw").splitlines() if line]

    def plain(self):
        """Partitions that swap is on as it is; swap on an opened disk is encrypted already."""
        resolved = {name: os.path.realpath(name) for name in self.active()}
        return [name for name, real in resolved.items() if not os.path.basename(real).startswith(("dm-", "zram"))]

    def ready(self):
        moved = all(self.is_moved(line) and os.path.exists(line.split()[0]) for line in self.entries())
        return moved and not self.plain()

    @staticmethod
    def is_moved(line):
        return line.split()[0].startswith("/dev/mapper/")

    def partitions(self):
        """Names for crypttab of the partitions on which swap is now, with their numbers; the same at each run."""
        found = {}
        for name in self.plain():
            number = text("blkid", "--probe", "--match-tag", "PART_ENTRY_UUID", "--output", "value", name, may_fail=True)
            if not number:
                raise Refusal(f"swap is on {name}, which is no partition; move it to one, or switch it off")
            found[f"swap_{number[:8]}"] = number
        return found

    def move(self, partitions):
        plain = self.plain()
        kept = [line for line in lines_of(self.fstab) if not self.is_swap(line) or self.is_moved(line)]
        fresh = [f"/dev/mapper/{name} none swap sw,nofail 0 0" for name in partitions]
        write(self.fstab, "\n".join(kept + [line for line in fresh if line not in kept]) + "\n")
        for name in plain:
            run("swapoff", name)
        run("systemctl", "daemon-reload")
        for line in self.entries():
            opened = line.split()[0]
            if os.path.exists(opened):
                continue
            run("systemctl", "start", f"systemd-cryptsetup@{os.path.basename(opened)}.service")
            run("swapon", opened)


def write_crypttab(settings, data, partitions):
    """Lines of others stay; so do those of swap partitions that were moved before. Swap's content is made anew at each boot."""
    swap = [f"{name} PARTUUID={number} /dev/urandom swap,cipher=aes-xts-plain64,size=512" for name, number in partitions.items()]
    ours = {settings["mapper"], *partitions}
    kept = [line for line in lines_of(settings["crypttab"]) if (line.split() or [""])[0] not in ours]
    write(settings["crypttab"], "\n".join(kept + swap + [data]) + "\n")


def data_line(settings, has_tpm):
    # Without a TPM nobody is asked at the console: the host boots, and the disk waits for `unlock`.
    options = "luks,nofail,tpm2-device=auto" if has_tpm else "luks,nofail,noauto"
    return f"{settings['mapper']} LABEL={settings['label']} none {options}"


def refuse_hidden_data(settings):
    for path in settings["places"]:
        if os.path.isdir(path) and not os.path.ismount(path) and os.listdir(path):
            raise Refusal(f"{path} holds data on the plain disk, which the encrypted one would hide: move it away first")


def prepare(settings, key):
    disk, swap = Disk(settings), Swap(settings)
    if not disk.ready():
        refuse_hidden_data(settings)
    device = disk.ours()
    unfinished = device is not None and disk.marked() == device and not os.path.exists(disk.opened)
    if device is None or (unfinished and not disk.opens(device, key)):
        device = disk.format(key)
    disk.open(device, key)
    disk.make_file_system(device)
    disk.enroll(device, key)
    partitions = swap.partitions()
    write_crypttab(settings, data_line(settings, disk.has_tpm_key(device)), partitions)
    if not swap.ready():
        swap.move(partitions)
    run("systemctl", "daemon-reload")


def unlock(settings, key):
    disk = Disk(settings)
    device = disk.ours()
    if device is None:
        raise Refusal("there is no encrypted disk on this host")
    if disk.marked() is not None:
        raise Refusal("the disk was never finished: run `pulumi up`")
    disk.open(device, key)
    run("systemctl", "start", settings["unit"])


def main(command, path):
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    if command == "ready":
        return 0 if Disk(settings).ready() and Swap(settings).ready() else 1
    key = sys.stdin.buffer.read()
    if len(key) < 32:
        raise Refusal("no key came on standard input")
    {"prepare": prepare, "unlock": unlock}[command](settings, key)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:3]))
    except Refusal as refusal:
        sys.exit(f"encryption: {refusal}")
