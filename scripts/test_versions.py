"""Run the main job on each supported Spark, in an environment of its own, and compare its numbers with those on 4.2.

``python -m scripts.test_versions [3.5 4.0 ...]``, by default all. Results are in build/versions; after a run of
all the table of docs/versions.md is written.
"""

import json
import math
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.kafka_broker import KafkaBroker
from tests.support.kafka_records import make_topic, produce, record_of
from tests.versions.main_job import events

ROOT = Path(__file__).parents[1]
NUMBERS = ROOT / "tests" / "versions" / "numbers.json"
"""What the job gives on Spark 4.2."""
BUILD = ROOT / "build" / "versions"
PAGE = ROOT / "docs" / "versions.md"
BEGIN, END = "<!-- make test-versions writes from here -->\n", "<!-- to here -->\n"
TOLERANCE = 1e-12


@dataclass(frozen=True)
class Version:
    """A version of Spark, with the Python and the Delta Lake that it is run with."""

    spark: str
    python: str
    delta: str | None

    @property
    def minor(self) -> str:
        """The version without the last number."""
        return self.spark.rpartition(".")[0]

    @property
    def output(self) -> Path:
        """Where the results of the last run are."""
        return BUILD / f"{self.minor}.json"

    def environment(self) -> str:
        """Make the environment if it is not there; return its Python."""
        folder = BUILD / self.minor
        python = str(folder / "bin" / "python")
        if not folder.exists():
            interpreter = shutil.which(f"python{self.python}")
            if interpreter is None:
                sys.exit(f"Spark {self.minor} is tested with Python {self.python}, and PATH has none; install it")
            subprocess.run([interpreter, "-m", "venv", folder], check=True)
        delta = [] if self.delta is None else [f"delta-spark=={self.delta}"]
        packages = ["-e", ".[spark,cli]", f"pyspark=={self.spark}", "deltalake>=1.4,<2", *delta]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True, cwd=ROOT)
        return python


VERSIONS = (
    Version("3.5.7", "3.10", "3.3.3"),
    Version("4.0.4", "3.11", "4.4.0"),
    Version("4.1.3", "3.12", "4.4.0"),
    Version("4.2.0", "3.11", "4.4.0"),
    Version("4.3.0", "3.13", None),
)
PARTS = {
    "profile": "profiles and references of tables, slices",
    "sketches": "KLL sketches of 200,000 rows within their rank error",
    "compare": "`compare`, `compare_tables`, `alerts_of`",
    "functions": "SQL functions, of profiles and of raw rows",
    "stream": "`rows` and `profile_rows` on a stream",
    "delta_tables": "tables of a catalog, written by Spark",
    "spool": "monitor: the spool of `sparkmon receive`, panes, alerts",
    "monitor": "monitor: `sparkmon profile` and `sparkmon run` on a Kafka topic, panes, alerts",
}


def run(version: Version, kafka: list[str]) -> None:
    """Run the job on a version."""
    job = [version.environment(), "-m", "tests.versions.main_job", str(version.output)]
    subprocess.run([*job, *(kafka if version.delta else [])], check=True, cwd=ROOT)
    if version.minor == "4.2":
        # A row a line, so that a change can be read.
        NUMBERS.write_text(version.output.read_text().replace("], [", "],\n[") + "\n")


def difference(one: Any, other: Any, place: str = "") -> str | None:  # noqa: ANN401 - of JSON
    """Return the first place where two results differ by more than rounding; None if there is none."""
    if isinstance(one, float) and isinstance(other, float):
        same = math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (math.isnan(one) and math.isnan(other))
        return None if same else f"{place}: {one} and {other}"
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        places = [(f"{place}.{name}", value, other[name]) for name, value in one.items()]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        places = [(f"{place}[{index}]", *pair) for index, pair in enumerate(zip(one, other, strict=True))]
    else:
        return None if one == other else f"{place}: {one!r} and {other!r}"
    return next((found for where, left, right in places if (found := difference(left, right, where))), None)


def outcome(part: str, numbers: dict[str, Any], expected: dict[str, Any]) -> str:
    """Return what the table says of a part."""
    if part not in numbers:
        return "no Delta"
    if "refused" in numbers[part]:
        return "no jars to fetch" if "jars were not fetched" in numbers[part]["refused"] else "refused"
    found = difference(expected[part], numbers[part], part)
    return "yes" if found is None else f"differs at {found}"


def table(results: dict[str, dict[str, str]]) -> str:
    """Return the table of the page."""
    versions = [version for version in VERSIONS if version.minor in results]
    head = ["", *(f"Spark {version.minor}" for version in versions)]
    rows = [
        ["version run", *(version.spark for version in versions)],
        ["Python", *(version.python for version in versions)],
        ["Delta Lake", *(version.delta or "no build" for version in versions)],
        *([text, *(results[version.minor][part] for version in versions)] for part, text in PARTS.items()),
    ]
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *rows])


def main(words: list[str]) -> int:
    """Run the versions that are named, or all; return 1 if numbers differ."""
    chosen = [version for version in VERSIONS if version.minor in words or not words]
    with tempfile.TemporaryDirectory() as folder, KafkaBroker(ROOT / "build" / "kafka", Path(folder)) as broker:
        make_topic(broker.bootstrap, "inference")
        produce(broker.bootstrap, "inference", [record_of(event, "binary") for event in events()])
        for version in chosen:
            print(f"Spark {version.spark}, Python {version.python}, Delta Lake {version.delta}", flush=True)
            run(version, [broker.bootstrap, "inference"])
    expected = json.loads(NUMBERS.read_text())
    results: dict[str, dict[str, str]] = {}
    for version in (each for each in VERSIONS if each.output.exists()):
        numbers = json.loads(version.output.read_text())
        results[version.minor] = {part: outcome(part, numbers, expected) for part in PARTS}
    print(table(results))
    if not words:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(before + BEGIN + table(results) + END + rest.partition(END)[2])
    return int(any(each.startswith("differs") for parts in results.values() for each in parts.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
