# SPDX-License-Identifier: Apache-2.0
"""Runs the converger and kills it with SIGKILL at its N-th system call that changes the host: `run_until.py N FILE WORDS...`."""
import os
import runpy
import signal
import subprocess
import sys

calls = 0
limit = int(sys.argv[1])


def counted(function):
    def wrapper(*args, **options):
        global calls
        calls += 1
        if calls == limit:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **options)
    return wrapper


for name in ("replace", "mkdir", "unlink", "fsync"):
    setattr(os, name, counted(getattr(os, name)))
subprocess.Popen.__init__ = counted(subprocess.Popen.__init__)
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
