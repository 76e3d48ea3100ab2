"""The wheel, which the tests of this folder install."""

import sys
from pathlib import Path

import pytest

from tests.support.program import run_program
from tests.support.source import ROOT


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    place = tmp_path_factory.mktemp("dist")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(ROOT)]
    done = run_program(pip, timeout_s=600)
    assert done.returncode == 0, done.stderr
    return next(place.glob("*.whl"))
