"""The note that a monitor leaves in a spool has a name of its own."""

from pathlib import Path
from typing import Any

import pytest

from sparkmon.config import MonitorConfig, read_config
from sparkmon.logs.spool_notes import is_reader_name
from sparkmon.sources import EventSource, KServeSource


def reader_of(directory: Path, monkeypatch: pytest.MonkeyPatch, more: str = "", source: str = "path: spool") -> str:
    """Return the name under which a monitor of a file reads the log."""
    readers: list[Any] = []
    monkeypatch.setattr(KServeSource, "events", lambda source, _: readers.append(source.options["reader"]))
    file = directory / "monitor.yaml"
    file.write_text(f"source: {{format: kserve, {source}}}\nstore: {{path: store}}\ntables: ./tables\n{more}")
    config: MonitorConfig = read_config(file)
    config.events(None)  # type: ignore[arg-type]
    (reader,) = readers
    return str(reader)


def test_monitors_with_checkpoints_of_their_own_have_notes_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = reader_of(tmp_path, monkeypatch)
    assert first == reader_of(tmp_path, monkeypatch)  # after a restart
    assert first != reader_of(tmp_path, monkeypatch, "checkpoints: ./others\n")
    assert is_reader_name(first)
    assert first.startswith("monitor-")


def test_a_name_that_is_given_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = "path: spool, options: {reader: night}"
    assert reader_of(tmp_path, monkeypatch, source=named) == "night"


def test_a_source_without_notes_stays_what_it_is() -> None:
    class Nowhere(EventSource):
        format = "nowhere"
        description = "nothing"

        def events(self, spark: object) -> Any:  # noqa: ANN401
            raise NotImplementedError

    source = Nowhere()
    assert source.read_by("monitor-1") is source
