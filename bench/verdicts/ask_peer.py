"""The peers, and how one is asked: a process of its own judges all cases and writes its answer to a file."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environment import BUILD, environment, last_line

__all__ = ["PEERS", "Peer", "ask"]

_LIMIT_S = 1800


@dataclass(frozen=True)
class Peer:
    """A package, the file of ``bench/verdicts/peers`` that asks it, and what it needs beside itself."""

    package: str
    file: str
    needs: tuple[str, ...]


PEERS = {
    # 0.7 does not import with the pandas 3 that its own requirements admit.
    "evidently": Peer("evidently", "evidently", ("evidently", "pandas<3", "pyarrow")),
    "nannyml": Peer("nannyml", "nannyml", ("nannyml==0.13.1", "statsmodels", "pyarrow", "setuptools<81")),
    "whylogs": Peer("whylogs", "whylogs", ("whylogs==1.6.4", "pandas<3", "pyarrow", "ipython", "pybars3", "scipy")),
    "alibi-detect": Peer("alibi-detect", "alibi_detect", ("alibi-detect==0.13.0", "pyarrow<20")),
}
"""By the name that the command line takes. What a package needs and does not itself ask for is added."""


def ask(peer: Peer, folders: Sequence[Path], say: Callable[[str], None]) -> dict[str, Any]:
    """Run a peer on cases that were written to folders; install it where it is not.

    Returns
    -------
    dict
        ``{"version": ..., "cases": {folder: {"seconds", "verdicts"} or {"error"}}}``, or ``{"error": why}`` where
        it could not be installed or did not come to its end.
    """
    python, failure = environment(peer.package, peer.needs, say)
    if python is None:
        return {"error": f"not installed: {failure}"}
    with tempfile.TemporaryDirectory(prefix="sparkmon-verdicts-") as folder:
        answer = Path(folder) / "answer.json"
        module = f"bench.verdicts.peers.{peer.file}"
        command = [str(python), "-W", "ignore", "-m", module, str(answer), *map(str, folders)]
        try:
            done = subprocess.run(
                command, cwd=BUILD.parent, capture_output=True, text=True, timeout=_LIMIT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return {"error": f"no answer within {_LIMIT_S} s"}
        if done.returncode:
            return {"error": f"failed: {last_line(done.stderr)}"}
        told: dict[str, Any] = json.loads(answer.read_text())
        return told
