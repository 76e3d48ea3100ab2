"""Lets streams find the package when it is given by ``spark-submit --py-files``.

Spark 4.2 plans a Python stream in a process that looks for such archives in the folder ``streaming_job`` of the
driver's files, while they lie in the folder above: batch queries run, streams fail with ModuleNotFoundError.
A link of that name makes streams find them.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_FOLDER = "streaming_job"
_DRIVER_FILES = "userFiles-"


def link_py_files(module: Path) -> None:
    """Make the link, if ``module`` is in an archive among the files that Spark gave its driver; else do nothing.

    Parameters
    ----------
    module : Path
        ``__file__`` of a module of the package.
    """
    archive = next((parent for parent in module.parents if parent.is_file()), None)
    if archive is None or not archive.parent.name.startswith(_DRIVER_FILES):
        return
    with suppress(FileExistsError):
        (archive.parent / _FOLDER).symlink_to(".", target_is_directory=True)
