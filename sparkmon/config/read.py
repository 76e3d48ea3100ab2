"""``monitor.yaml`` from disk, with the line of every mistake."""

from __future__ import annotations

import reprlib
from pathlib import Path

from sparkmon.config.located_yaml import load_yaml
from sparkmon.config.mistakes import PartError
from sparkmon.config.part import read_part
from sparkmon.config.settings import MonitorConfig
from sparkmon.errors import OptionError

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
        It cannot be read, is no YAML, or has mistakes. The message has the line and the key of each, what was got and
        what was expected.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "monitor.yaml"
    >>> text = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"
    >>> _ = file.write_text(text)
    >>> config = read_config(file)
    >>> config.windows.length, config.progress == f"{file.parent}/tables/checkpoints"
    ('1 hour', True)
    """
    path = Path(path)
    document = load_yaml(_text(path), path.name)
    if not isinstance(document.data, dict):
        raise OptionError(
            f"{path}: got {reprlib.repr(document.data)}; expected keys such as source, store"
        )
    try:
        config = read_part(MonitorConfig, document.data, {"base": path.absolute().parent})
        assert isinstance(config, MonitorConfig)
    except PartError as error:
        mistakes = [(each.line(document.lines), each.sentence()) for each in error.mistakes]
    else:
        return config
    sentences = [f"{path.name}, line {line}: {sentence}" for line, sentence in sorted(mistakes)]
    raise OptionError("\n".join(sentences))


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
