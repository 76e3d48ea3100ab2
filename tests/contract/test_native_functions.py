"""The functions of the JVM are those of Python: named, described and computed alike; ScalaTest reads the same file."""

import base64
import json
import math
import re
from typing import Any

import pytest

import sparkmon
from scripts.make_jvm_golden import GOLDEN
from scripts.make_scala_names import NAMES, names
from sparkmon.functions import compare_profiles
from sparkmon.statistics import STATISTICS
from tests.support.source import ROOT

MODULE = ROOT / "scala-stubs"
CATALOGUE = (MODULE / "src/main/scala/io/sparkmon/Statistics.scala").read_text()
DESCRIBED = dict(re.findall(r'Statistic(?:\.of\w+)?\(\s*"(\w+)",\s*"([^"]+)"', CATALOGUE))


def test_the_catalogue_has_every_statistic_as_its_docstring_begins() -> None:
    first_lines = {name: (STATISTICS.get(name).function.__doc__ or "").splitlines()[0] for name in STATISTICS}
    assert {name: f"Return {usage}." for name, usage in DESCRIBED.items()} == first_lines


def test_the_module_has_the_packages_version() -> None:
    versions = re.findall(r"^  <version>(.+)</version>$", (MODULE / "pom.xml").read_text(), re.M)
    assert versions == [sparkmon.__version__]


@pytest.mark.parametrize("name", sorted(STATISTICS))
def test_the_golden_values_are_those_of_today(name: str) -> None:
    found: dict[int, float] = {}
    pairs = json.loads(GOLDEN.read_text())
    for at, pair in enumerate(pairs):
        value = compare_profiles(STATISTICS.get(name), _read(pair["reference"]), _read(pair["profile"]))
        if not math.isnan(value):
            found[at] = value
    expected = {at: pair["values"][name] for at, pair in enumerate(pairs) if name in pair["values"]}
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12), "run: python -m scripts.make_jvm_golden"


def _read(written: dict[str, Any]) -> dict[str, Any]:
    sketch = written.get("sketch")
    return {"sketch": None, "frequent_items": None, **written} | (
        {"sketch": base64.b64decode(sketch)} if sketch else {}
    )


def test_names_of_tables_columns_and_options_are_pythons() -> None:
    assert NAMES.read_text() == names(), "run: make reference"
