"""A process that has imported what takes long, and forks for each piece of work: ``python zygote.py MODULE``."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType, TracebackType
from typing import IO, Any

from strace import Done, Traced

FAILED = 1
_PR_SET_PTRACER = 0x59616D61  # <linux/prctl.h>
_PR_SET_PTRACER_ANY = ctypes.c_ulong(-1)


class Zygote:
    """Functions of a module, each called in a fork of a process that has imported it.

    Args:
        module (`str`): The name of a module beside this one. Its functions are given texts.
    """

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", __file__, module], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def ask(self, function: str, *arguments: str) -> Any:
        """Return what a function returns."""
        self._begin(function, arguments)
        answer = self._answer()
        if answer["status"]:
            raise RuntimeError(f"{function}{arguments} ended with {answer['status']}")
        return answer["result"]

    def traced(self, function: str, *arguments: str) -> Traced:
        """Return what runs a function under strace, which counts calls from the beginning of the function's own."""

        def run(options: Sequence[str]) -> Done:
            line = ["strace", "-f", "-p", self._begin(function, arguments, wait=True), *options]
            with subprocess.Popen(line, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
                self._let_go(tracer)
                status = self._answer()["status"]
            return subprocess.CompletedProcess(line, status, b"", b"")

        return run

    def _let_go(self, tracer: subprocess.Popen[bytes]) -> None:
        """Let the fork go on as soon as its tracer says that it is attached."""
        told = _pipe(tracer.stderr).readline()
        self._tell("")
        if b"attached" not in told:
            raise RuntimeError(f"strace can not trace a fork: {told.decode()}")

    def _begin(self, function: str, arguments: Sequence[str], *, wait: bool = False) -> str:
        self._tell(json.dumps([function, arguments, wait]))
        return self._hear()

    def _tell(self, line: str) -> None:
        pipe = _pipe(self._process.stdin)
        pipe.write(line.encode() + b"\n")
        pipe.flush()

    def _answer(self) -> Any:
        return json.loads(self._hear())

    def _hear(self) -> str:
        if not (line := _pipe(self._process.stdout).readline().decode().strip()):
            raise RuntimeError("the process that forks has ended")
        return line


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe
    return pipe


def _serve(module: ModuleType) -> None:
    for line in sys.stdin:
        function, arguments, wait = json.loads(line)
        reading, writing = os.pipe()
        fork = os.fork()
        if fork == 0:
            os.close(reading)
            _work(getattr(module, function), arguments, writing, wait=wait)
        os.close(writing)
        print(fork, flush=True)
        with open(reading, "rb") as pipe:
            result = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
        print(json.dumps({"status": status, "result": json.loads(result or "null")}), flush=True)


def _work(function: Any, arguments: Sequence[str], writing: int, *, wait: bool) -> None:
    """Call a function in a fork, which ends; a function that returns None makes no system call afterwards."""
    status = FAILED
    try:
        if wait:
            ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _PR_SET_PTRACER_ANY, 0, 0, 0)  # some systems trace children only
            os.read(sys.stdin.fileno(), 1)
        if (result := function(*arguments)) is not None:
            os.write(writing, json.dumps(result).encode())
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:  # a fork must not go on where its parent would
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve(importlib.import_module(sys.argv[1]))
