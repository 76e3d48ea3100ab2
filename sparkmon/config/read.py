"""``monitor.yaml`` from disk, with the line of every mistake."""

import reprlib
from pathlib import Path

from sparkmon.config.mistakes import PartError
from sparkmon.config.options import REQUIRED, options_of
from sparkmon.config.part import read_part
from sparkmon.config.settings import MonitorConfig
from sparkmon.errors import OptionError
from sparkmon.yaml_file import read_document


def read_config(path: str | Path) -> MonitorConfig:
    r"""Read and check a ``monitor.yaml``.

    The file has at most 64 KiB of UTF-8. Raises OptionError if it cannot be read, is no YAML, or has mistakes: the
    message has the line and the key of each, what was got and what was expected.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "monitor.yaml"
    >>> text = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"
    >>> _ = file.write_text(text)
    >>> config = read_config(file)
    >>> config.windows.length, config.progress == f"{file.parent}/tables/checkpoints"
    ('1 hour', True)
    """
    path = Path(path)
    data, lines = read_document(path)
    if not isinstance(data, dict):
        got = "an empty file" if data is None else reprlib.repr(data)
        keys = (each.name for each in options_of(MonitorConfig).values() if each.default is REQUIRED)
        raise OptionError(f"{path}: got {got}; expected keys with values, at least {', '.join(keys)}")
    try:
        config = read_part(MonitorConfig, data, {"base": path.absolute().parent})
        assert isinstance(config, MonitorConfig)
    except PartError as error:
        mistakes = [(each.line(lines), each.sentence()) for each in error.mistakes]
    else:
        return config
    sentences = [f"{path.name}, line {line}: {sentence}" for line, sentence in sorted(mistakes)]
    raise OptionError("\n".join(sentences))
