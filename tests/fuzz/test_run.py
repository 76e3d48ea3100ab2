"""What is read of the fuzzer's words, and what the receiver's description says."""

import re

from fuzz.openapi import ANSWERS, document
from fuzz.run import outcome_of
from sparkmon.receiver import app

SAID = """\
INFO: seed corpus: files: 61 min: 2b max: 9999b total: 91234b rss: 201Mb
#62\tINITED cov: 402 ft: 821 corp: 40/30Kb exec/s: 0 rss: 203Mb
#4096\tpulse  cov: 513 ft: 1145 corp: 152/13193b lim: 1656 exec/s: 437 rss: 256Mb
"""


def test_a_run_that_ends_reports_its_executions_and_coverage() -> None:
    end = "#6998\tDONE   cov: 514 ft: 1150 corp: 152/13193b\nstat::number_of_executed_units: 6998\n"
    assert outcome_of("body", SAID + end, 0) == (6998, 514, 1150, ())


def test_a_run_that_fails_names_the_input_even_where_none_was_written() -> None:
    crash = "==1==\nTest unit written to /x/build/fuzz/body-crash-0a1b\n"
    assert outcome_of("body", SAID + crash, 77) == (4096, 513, 1145, ("/x/build/fuzz/body-crash-0a1b",))
    (line,) = outcome_of("body", "ModuleNotFoundError: atheris", 1).written
    assert line.endswith("body.log)")


def test_the_description_has_the_answers_of_the_receivers_own_table() -> None:
    table = re.findall(r"^(\d{3})  ", app.__doc__ or "", re.M)
    assert table == list(ANSWERS)
    paths = document()["paths"]
    assert list(paths["/"]["post"]["responses"]) == table
    assert set(paths) == {"/", "/{path}", "/health", "/metrics"}
