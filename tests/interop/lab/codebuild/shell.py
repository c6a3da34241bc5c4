"""The one shell in which all commands of a build run: what a command exports, defines, or goes into, the next one finds."""

import os
import select
import shlex
import subprocess
import time
from pathlib import Path

from ..process import COMMAND_SECONDS, end_group, find_command, in_own_group

# What the shell tells after each command: its exit code, the environment, the folder that it is in.
TOLD = 9
MARK = "sealtest_folder="


class Shell:
    """A shell. Where a command ends it (`exit`), another begins with what was exported until then, in the same folder."""

    def __init__(self, program, user, env, folder, log, prelude=""):
        self.program, self.user, self.prelude = Path(program), user, prelude
        self.env, self.folder, self.log = dict(env), Path(folder), log
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process:
            end_group(self.process)
            os.close(self.told)
            self.process.stdin.close()
            self.process = None

    def begin(self):
        self.told, given = os.pipe()
        how = [] if self.user == os.getuid() else [f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
        argv = [find_command("setpriv"), *how, "--no-new-privs", "--", str(self.program)]
        # The number that a shell can name is one digit.
        opened = f'exec "$@" {TOLD}>&{given} {given}>&-'
        self.process = subprocess.Popen(
            in_own_group([find_command("bash"), "-c", opened, "-", *argv]),
            env=self.env,
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=self.log.out,
            stderr=self.log.err,
            pass_fds=(given,),
            start_new_session=True,
        )
        os.close(given)
        if self.prelude:
            assert self.run(self.prelude) == 0, "the prelude failed"

    def become(self, user):
        """What follows runs as this user, in a shell of its own: what was not exported is lost."""
        if user != self.user:
            self.end()
            self.user = user

    def run(self, command):
        """Runs a command; returns its exit code. A command that ends the shell has failed: what that means with 0 is not known."""
        if self.process is None:
            self.begin()
        environment = shlex.quote(find_command("env"))
        lines = [
            f"eval {shlex.quote(command)} </dev/null {TOLD}>&-",
            f'{{ printf \'%s\\0\' "$?"; {environment} -0 "{MARK}$PWD"; printf \'\\n\'; }} >&{TOLD}',
        ]
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()
        answer = self.answer(command)
        if answer is None:
            code = self.process.wait()
            self.end()
            return code or 1
        code, *environment = answer
        self.env = dict(one.split("=", 1) for one in environment if not one.startswith(MARK))
        self.folder = Path(next(one for one in environment if one.startswith(MARK)).removeprefix(MARK))
        return int(code)

    def answer(self, command):
        """What the shell told, or None where it ended."""
        told, deadline = b"", time.monotonic() + COMMAND_SECONDS
        while not told.endswith(b"\0\n"):
            if not select.select([self.told], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"no end after {COMMAND_SECONDS} s: {command}")
            if not (more := os.read(self.told, 65536)):
                return None
            told += more
        return told.decode(errors="replace").split("\0")[:-1]
