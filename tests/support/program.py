"""A program run to its end by a test, which neither it nor what it started can hold up."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.support.source import ROOT

__all__ = ["run_program"]


def run_program(
    command: Sequence[str], *, timeout_s: float, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it; TimeoutExpired, with the end of its errors as a note, if it takes longer.

    Its output goes to files: at a pipe, a reader waits for the end of every process that was started with it, such as
    Java. Whatever is left of these is killed.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, cwd=cwd, env=env, start_new_session=True
        )
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            errors.seek(0)
            error.add_note(errors.read()[-3000:]) if hasattr(error, "add_note") else None
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(command, process.returncode, output.read(), errors.read())
