"""``monitor.yaml`` from disk, with every mistake told by its line."""

from __future__ import annotations

import reprlib
from pathlib import Path

from pydantic import ValidationError

from sparkmon.config.located_yaml import load_yaml
from sparkmon.config.mistakes import mistakes_of
from sparkmon.config.settings import MonitorConfig
from sparkmon.errors import OptionError

__all__ = ["read_config"]

_LARGEST = 64 * 2**10


def read_config(path: str | Path) -> MonitorConfig:
    r"""Read and check a ``monitor.yaml``.

    Parameters
    ----------
    path : str or Path
        The file, at most 64 KiB of UTF-8.

    Raises
    ------
    OptionError
        It cannot be read, is no YAML, or has a mistake: each is told with its line and key, what was got and what
        was expected.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "monitor.yaml"
    >>> said = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"
    >>> _ = file.write_text(said)
    >>> config = read_config(file)
    >>> config.window, config.progress() == f"{file.parent}/tables/checkpoints"
    ('1 hour', True)
    """
    path = Path(path)
    found = load_yaml(_text(path), path.name)
    if not isinstance(found.data, dict):
        raise OptionError(
            f"{path}: got {reprlib.repr(found.data)}; expected keys such as source, store"
        )
    try:
        return MonitorConfig.model_validate(found.data, context={"base": path.absolute().parent})
    except ValidationError as error:
        mistakes = mistakes_of(error, found.lines)
        told = [f"{path.name}, line {line}: {sentence}" for line, sentence in mistakes]
        raise OptionError("\n".join(told)) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise OptionError(f"got {path} with more than {_LARGEST} bytes; expected a short file")
        return content.decode("utf-8")
    except OSError as error:
        reason = error.strerror or error
        raise OptionError(
            f"cannot read {path}: {reason}; expected the path of a monitor.yaml"
        ) from error
    except UnicodeDecodeError as error:
        raise OptionError(f"{path}: got bytes that are no UTF-8; save it as UTF-8") from error
