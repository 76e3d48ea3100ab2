"""``sparkmon init``: the first monitor.yaml is one that sparkmon and editors take."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from sparkmon.cli.app import app
from sparkmon.config import read_config
from sparkmon.errors import OptionError
from tests.support.source import ROOT


def init(place: Path, *words: object) -> Result:
    return CliRunner().invoke(app, ["init", str(place / "monitor.yaml"), *map(str, words)])


def test_a_model_is_enough(tmp_path: Path) -> None:
    result = init(tmp_path, "--as", "yes")  # a name that YAML takes for a truth value elsewhere
    assert result.exit_code == 0, result.exception
    config = read_config(tmp_path / "monitor.yaml")
    assert (config.store.path, config.tables) == (f"{tmp_path}/store", f"{tmp_path}/tables")
    text = (tmp_path / "monitor.yaml").read_text()
    assert "sparkmon profile TRAINING.parquet --as yes" in text
    assert "sparkmon run monitor.yaml\n" in text
    schema = json.loads((tmp_path / "monitor.schema.json").read_text())
    assert [*Draft202012Validator(schema).iter_errors(yaml.safe_load(text))] == []


def test_of_a_training_table_the_next_step_names_the_times(tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("x\n1\n")
    (tmp_path / "dates.csv").write_text("x,day\n1,2026-01-05\n")
    times = pa.table({"x": [1.0], "of day": pa.array([0], pa.timestamp("us"))})
    pq.write_table(times, tmp_path / "times.parquet")
    columns = {"plain.csv": "", "dates.csv": " --time day", "times.parquet": " --time 'of day'"}
    for name, options in columns.items():
        (tmp_path / "monitor.yaml").unlink(missing_ok=True)
        assert init(tmp_path, "--as", "loans", "--table", tmp_path / name).exit_code == 0
        assert f"sparkmon profile {tmp_path}/{name}{options} --as loans" in (tmp_path / "monitor.yaml").read_text()
        read_config(tmp_path / "monitor.yaml")
    (tmp_path / "monitor.yaml").unlink()
    result = init(tmp_path, "--as", "loans", "--table", tmp_path / "absent.parquet")
    assert isinstance(result.exception, OptionError)
    assert "absent.parquet" in str(result.exception)
    assert not (tmp_path / "monitor.yaml").exists()


def test_an_inference_service_says_more(tmp_path: Path) -> None:
    result = init(tmp_path, "--service", ROOT / "examples" / "kserve" / "inference-service.yaml")
    assert result.exit_code == 0, result.exception
    config = read_config(tmp_path / "monitor.yaml")
    assert config.namespaces == ("demo",)
    assert config.views == {"flights": "flights:1"}
    assert config.store.path == "mysql://sparkmon@mysql.demo.svc.cluster.local:3306/features"
    assert "logger" not in result.stderr


@pytest.mark.parametrize(
    ("predictor", "sentence"),
    [
        ("{model: {}}", "its predictor has no logger"),
        ("{logger: {mode: request, url: 'http://r/'}}", "its predictor logs only requests"),
    ],
)
def test_what_the_loggers_leave_out_is_said(tmp_path: Path, predictor: str, sentence: str) -> None:
    file = tmp_path / "service.yaml"
    head = "kind: Service\n---\nkind: InferenceService\nmetadata: {name: iris}\n"
    file.write_text(f"{head}spec: {{predictor: {predictor}}}\n")
    assert sentence in init(tmp_path, "--service", file).stderr


def test_nothing_is_overwritten_or_guessed(tmp_path: Path) -> None:
    (tmp_path / "monitor.yaml").write_text("mine")
    assert isinstance(init(tmp_path, "--as", "m").exception, OptionError)
    assert (tmp_path / "monitor.yaml").read_text() == "mine"
    (tmp_path / "other.yaml").write_text("kind: Service\n")
    for file in (tmp_path / "other.yaml", tmp_path / "none.yaml"):
        result = CliRunner().invoke(app, ["init", str(tmp_path / "new.yaml"), "--service", str(file)])
        assert isinstance(result.exception, OptionError)
    assert init(tmp_path).exit_code == 2
