"""A peer in a virtual environment of its own under ``build``, for it asks for other versions than sparkmon does."""

from __future__ import annotations

import subprocess
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["BUILD", "environment", "last_line"]

BUILD = Path(__file__).parents[1] / "build"


def environment(name: str, needs: Sequence[str], say: Callable[[str], None]) -> tuple[Path | None, str]:
    """Give the Python that a peer is installed for; install it into ``build/bench-<name>`` where it is not.

    Parameters
    ----------
    name : str
        The peer's.
    needs : sequence of str
        What pip is asked for.
    say : callable
        Told that the installation begins.

    Returns
    -------
    python : Path or None
        None where it could not be installed.
    reason : str
        Why not.
    """
    place = BUILD / f"bench-{name}"
    python, ready = place / "bin" / "python", place / ".installed"
    if not ready.exists():
        say(f"installing {name} into build/{place.name} (minutes; once)")
        if failure := _install(place, python, needs):
            return None, failure
        ready.touch()
    return python, ""


def last_line(text: str) -> str:
    """Return the last line of what a process said: where it failed, that is why."""
    return (text.strip().splitlines() or ["it said nothing"])[-1]


def _install(place: Path, python: Path, needs: Sequence[str]) -> str:
    """Install, and return why not, or nothing."""
    try:
        venv.create(place, with_pip=True, clear=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return str(error)
    pip = [str(python), "-m", "pip", "install", "--quiet", *needs]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    return last_line(done.stderr) if done.returncode else ""
