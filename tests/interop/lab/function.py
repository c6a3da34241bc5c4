"""A function on AWS Lambda: the runtime interface emulator runs `bootstrap`, and a test hands it events as ECS does."""

import contextlib
import json
import re
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .process import PEERS, end_group, find_command, free_port, not_run, start, wait_for_ports
from .tools import sealgate_path

INVOKE = "2015-03-31/functions/function/invocations"
TOKEN = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Function:
    """A running function."""

    port: int
    log_file: Path
    process: object

    def invoke(self, event):
        """The function's answer to an event: text, or what becomes JSON."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{INVOKE}", body, method="POST")
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            # An error of the function.
            return json.loads(error.read())

    def status(self, event):
        """What ECS is told, and nothing else."""
        answer = self.invoke(event)
        assert set(answer) == {"hookStatus"}, answer
        return answer["hookStatus"]

    def log(self):
        return TOKEN.sub("", self.log_file.read_text(errors="replace"))

    def peak_memory(self):
        """The most memory that the function's process has had, in KiB."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        for pid in [pid for children in tasks for pid in children.read_text().split()]:
            status = Path(f"/proc/{pid}/status").read_text()
            if "bootstrap" in status.splitlines()[0]:
                return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
        raise AssertionError(f"the function does not run:\n{self.log()}")


@contextlib.contextmanager
def running(folder, env, *words, seconds=30):
    """A function of a package with nothing but `bootstrap` for the length of a block. `seconds` is its timeout."""
    if not find_command("aws-lambda-rie"):
        not_run("aws-lambda-rie is not installed")
    package = folder / "package"
    package.mkdir(exist_ok=True)
    program = package / "bootstrap"
    if not program.exists():
        shutil.copy2(sealgate_path(), program)
    log_file = folder / "function.log"
    for _ in range(5):
        port, api = free_port(), free_port()
        listen = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}", "--runtime-api-address", f"127.0.0.1:{api}"]
        command = [PEERS / "aws-lambda-rie", *listen, program, *words]
        settings = {"_HANDLER": "none", "AWS_LAMBDA_FUNCTION_TIMEOUT": str(seconds), "LAMBDA_TASK_ROOT": str(package)}
        with log_file.open("wb") as sink:
            process = start(command, env | settings, cwd=package, stdout=sink, stderr=sink)
        try:
            if wait_for_ports(process, [port, api], log_file):
                yield Function(port, log_file, process)
                return
        finally:
            end_group(process)
    raise AssertionError(f"the emulator does not start:\n{log_file.read_text(errors='replace')}")

