"""The pages of docs/reference are those that the code makes, and the files of examples use its keys."""

import importlib.util
import re
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sparkmon import schemas
from sparkmon.alerts import Policy
from sparkmon.config import MonitorConfig, options_of, read_config
from sparkmon.health import HealthLimits
from sparkmon.monitor import Windows
from sparkmon.sinks import SINKS
from sparkmon.sources import SOURCES
from tests.support.source import ROOT


def script() -> ModuleType:
    """Import the script that makes the pages."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "scripts/make_reference_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGES: dict[str, str] = script().pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_code_makes(name: str) -> None:
    path = ROOT / "docs" / "reference" / name
    assert path.read_text() == PAGES[name], "run make reference"


def test_the_page_of_keys_has_every_key_with_its_default() -> None:
    page = PAGES["monitor-yaml.md"]
    assert [name for name in options_of(MonitorConfig) if f"| `{name}` |" not in page] == []
    for field in fields(Windows):
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{field.name}` |"))
        assert yaml.safe_load(row.split(" | ")[1].strip("`")) == (
            list(field.default) if field.default == () else field.default
        )
    assert [name for name in SINKS if f"## Sink `{name}`" not in page] == []
    assert [name for name in SOURCES if f"## Source `{name}`" not in page] == []


def test_every_column_has_a_meaning_and_no_other_has() -> None:
    names = {name for table in script().TABLES for name in getattr(schemas, table).names}
    assert set(script().COLUMNS) == names


def test_every_option_of_a_file_has_a_description() -> None:
    parts = [MonitorConfig, Windows, *map(SINKS.get, SINKS), *map(SOURCES.get, SOURCES)]
    assert [
        f"{part.__name__}.{name}"
        for part in parts
        for name, option in options_of(part).items()
        if not option.description
    ] == []


def test_what_the_example_has_as_comments_is_right(tmp_path: Path) -> None:
    """Take the # from all keys behind the source, except slide, which excludes longer windows."""
    text = (ROOT / "examples" / "monitor.yaml").read_text()
    begin = text.index("tables:")
    keys = re.sub(r"(?m)^( *)# (?=[ \w-])", r"\1", text[begin:])
    keys = re.sub(r"(?m)^ *slide:.*\n", "", keys)
    (tmp_path / "monitor.yaml").write_text(text[:begin] + keys)
    config = read_config(tmp_path / "monitor.yaml")
    assert [sink.kind for sink in config.alerting.sinks] == [*("console", "slack", "alertmanager", "webhook")]
    assert config.alerting.policy == replace(
        Policy(), severities=config.alerting.policy.severities, routes=config.alerting.policy.routes
    )
    assert config.health == HealthLimits()
