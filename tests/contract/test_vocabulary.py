"""The words of the house are the field's: those of Prometheus, Alertmanager, Spark, Delta, scipy and Feast.

A word that was retired must not come back, and a local name says what a thing is: ``columns``, not that it was held.
Each test lists its offences as ``file:line what``, so that a failure reads as a to-do list.
"""

import ast
import re

import pytest

from tests.support.source import ROOT, Source, package

ROOMS = sorted({source.room for source in package()})

RETIRED = (
    # alerts
    *("AlertDesk", "AlertRecord", "Mailbag", "mailbag", "Parcel", "parcel", "parcels", "parcels_of"),
    *("Courier", "courier", "couriers", "clerk", "candidates_of", "CANDIDATES", "told", "untold"),
    *("never_told", "believed", "told_end", "fine_windows", "graver", "gravest", "forget_after"),
    *("at_most", "take_rows", "desk"),
    # health
    *("Symptom", "symptom", "symptoms", "is_ill", "Vitals", "vitals", "QueryVitals", "blind"),
    # slices
    *("ALL_ROWS", "MeantType"),
    # configuration
    *("PolicySettings", "HealthSettings", "MetricsSettings", "SinkSettings", "check_longer_windows"),
    # streams
    *("Tally", "tally", "Look", "and_then", "beats", "Reach", "reach_s", "history_reach_s", "Claims"),
    *(r"(?<![Dd]ead )(?<!small )(?<!of )(?<!: )letters", "Watch"),
    # serving, store, demo
    *(
        "stitch",
        "stitched",
        "front_door",
        "FrontDoor",
        "skew_marker",
        "marks_of",
        "add_marks",
        "patience",
        "SkewMarker",
        "print_play",
        "Play",
        "play",
    ),
    # statistics
    *("null_laws", "mean_law", "quadratic_law", "rate_laws", "two_shares", "QuadraticLaw"),
    *("chi2_law", "difference_law", "excess_law", "fixed_limit", "no_limit"),
)
"""What the vocabulary replaced: see the table in CHANGELOG.md for what each is called now."""

PARTICIPLES = {
    *("asked", "begun", "believed", "done", "found", "given", "gone", "heard", "held", "kept", "known"),
    *("left", "made", "meant", "put", "said", "seen", "sent", "shown", "taken", "told", "wanted"),
    *("watched", "written"),
}
"""A local name, an argument or an attribute of such a name says that something happened, not what the thing is."""


def words_of(source: Source) -> list[tuple[int, str]]:
    """List the (line, word) of the retired words of a file: in code, in strings and in prose."""
    pattern = re.compile(rf"\b({'|'.join(RETIRED)})\b")
    return [(line, match[0]) for line, text in enumerate(source.lines, 1) for match in pattern.finditer(text)]


def names_of(source: Source) -> list[tuple[int, str]]:
    """List the (line, name) of what a file binds: variables, arguments and fields."""
    bound = []
    for node in source.nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            bound.append((node.lineno, node.id if isinstance(node, ast.Name) else node.attr))
        elif isinstance(node, ast.arg):
            bound.append((node.lineno, node.arg))
    return bound


@pytest.mark.parametrize("room", ROOMS)
def test_no_retired_word_comes_back(room: str) -> None:
    offences = [
        f"{source.where}:{line} {word}"
        for source in package()
        if source.room == room
        for line, word in words_of(source)
    ]
    assert offences == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_name_says_what_a_thing_is(room: str) -> None:
    offences = [
        f"{source.where}:{line} {name}"
        for source in package()
        if source.room == room
        for line, name in names_of(source)
        if name.strip("_") in PARTICIPLES
    ]
    assert offences == []


def test_no_table_or_example_has_a_retired_word() -> None:
    pattern = re.compile(rf"\b({'|'.join(RETIRED)})\b")
    files = [path for path in sorted((ROOT / "examples").rglob("*")) if path.suffix in {".md", ".py", ".yaml", ".yml"}]
    assert files
    offences = [
        f"{path.relative_to(ROOT)}:{line} {match[0]}"
        for path in files
        for line, text in enumerate(path.read_text().splitlines(), 1)
        for match in pattern.finditer(text)
    ]
    assert offences == []
