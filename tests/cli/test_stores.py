"""A store that is not there is one sentence, from each verb that takes one, before Spark starts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.cli.app import app
from sparkmon.errors import SparkmonError

MONITOR = "source: {{format: kserve, path: s}}\nstore: {{path: '{store}'}}\ntables: ./tables\n"
VERBS = {
    "profile": ("t.csv", "--as", "m", "--store"),
    "demo": ("--headless", "--store"),
    "report": ("./tables", "--store"),
    "dashboard": ("./tables", "--port", "0", "--store"),
    "run": ("monitor.yaml",),
    "plan": ("monitor.yaml",),
    "validate": ("monitor.yaml",),
}
STORES = {
    "mysq://u@db/d": "got store='mysq://...'; expected a directory",
    "mysql:///d": "expected mysql://USER:PASSWORD@HOST:PORT/DATABASE",
    "mysql://u@127.0.0.1:1/d": "failed at mysql://u@127.0.0.1:1/d: OperationalError: (2003, ",
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_that_is_not_there_is_one_sentence_before_spark_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def open_session(*_: object, **__: object) -> None:
        raise AssertionError("Spark would start")

    monkeypatch.setattr("sparkmon.cli.spark.open_session", open_session)
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x\n1\n")
    for store, expected in STORES.items():
        if verb == "demo" and "mysq://" in store:
            expected = "got --store='mysq://'; expected local, or mysql://"
        Path("monitor.yaml").write_text(MONITOR.format(store=store))
        result = CliRunner().invoke(app, [verb, *VERBS[verb], *([store] if "--store" in VERBS[verb] else [])])
        assert isinstance(result.exception, SparkmonError)
        assert expected in str(result.exception)
        assert "\n" not in str(result.exception)
        assert result.output == ""
