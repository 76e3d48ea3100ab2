"""``sparkmon attributions``: the newest window of a model, explained without Spark."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sparkmon.attributions import AttributionBaseline, ModelEndpoint
from sparkmon.cli.app import app
from sparkmon.errors import OptionError
from sparkmon.tables import Tables
from tests.attributions.model_server import serving
from tests.attributions.test_attributions_pass import FEATURES, drawn, log, model


def run(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words)])
    if result.exception:
        raise result.exception
    return result.stdout


@pytest.mark.slow
def test_the_newest_window_is_explained_and_its_features_are_ranked(tmp_path: Path) -> None:
    config = tmp_path / "monitor.yaml"
    log(Tables(f"{tmp_path}/tables").open(), 0, drawn(900, 2))
    with serving(model) as server:
        endpoint = f"{{loans: {{url: '{server.url}', rows_per_second: 1000000}}}}"
        common = "source: {format: kserve, path: spool}\nstore: {path: store}\ntables: ./tables\n"
        config.write_text(f"{common}windows: {{length: 1 hour}}\nattributions: {endpoint}\n")
        baseline = AttributionBaseline.measure(
            ModelEndpoint(server.url, rows_per_second=1e6), "loans", FEATURES, drawn(2_000, 1)
        )
        Tables(f"{tmp_path}/store").open().append(baseline.reference("loans"), "references")
        rows = [*map(json.loads, run("attributions", config, "--json").splitlines())]
        assert [row["column_name"] for row in rows] == ["income", "age", "region", ":base"]
        assert rows[0]["importance"] == pytest.approx(rows[0]["reference_importance"], rel=0.3)
        assert run("attributions", config) == ""
    config.write_text(common)
    with pytest.raises(OptionError, match="has no key attributions"):
        run("attributions", config)
