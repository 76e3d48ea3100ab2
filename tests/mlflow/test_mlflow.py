"""References, findings and signatures in a real MLflow, whose tracking store is a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.models import Model, ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import Array
from scipy.stats import ks_2samp

from sparkmon.comparison import Checks, Judge
from sparkmon.dashboard.report import report_of_tables
from sparkmon.errors import OptionError, ProfileError
from sparkmon.mlflow import log_findings, log_reference, read_reference, schema_of
from sparkmon.records import Feature, ModelSchema
from tests.support.panes import HOUR, MIDNIGHT, panes_of, reference_table

RANDOM = np.random.default_rng(7)
TRAINED = {"fare": RANDOM.normal(size=800), "price (EUR)": RANDOM.normal(size=800)}
LIVE = [{"fare": RANDOM.normal(shift, 1, size=600), "price (EUR)": RANDOM.normal(size=600)} for shift in (0.0, 1.5)]
ROWS = pd.DataFrame({"a": [0.5], "b": ["x"], "c": [True], "t": [pd.Timestamp("2026-01-05")]})


@pytest.fixture(scope="module")
def _tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    place = tmp_path_factory.mktemp("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{place}/mlflow.db")
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("flights", artifact_location=str(place / "artifacts")))
    yield
    mlflow.set_tracking_uri("")


def findings() -> tuple[pa.Table, pa.Table, pa.Table]:
    references = reference_table("flights", TRAINED)
    windows = [
        panes_of("flights", MIDNIGHT + at * HOUR, columns, length=HOUR / 2, pane=HOUR)
        for at, columns in enumerate(LIVE)
    ]
    profiles = pa.concat_tables([each.drop_columns(["last_event_time"]) for each in windows])
    judged = Judge(references, Checks(("ks", "psi")), step_s=3600, lengths=["1 hour"]).findings(profiles)
    return references, profiles, judged


@pytest.mark.slow
@pytest.mark.usefixtures("_tracking")
def test_a_reference_comes_back_from_the_run_it_was_logged_to() -> None:
    references, *_ = findings()
    with pytest.raises(OptionError, match=r"call this within mlflow\.start_run"):
        log_reference(references)
    with mlflow.start_run() as run:
        uri = log_reference(references)
    assert uri == f"runs:/{run.info.run_id}/sparkmon/references.parquet"
    assert read_reference(uri) == references
    with pytest.raises(ProfileError):
        log_reference(references.drop_columns(["profile"]), run.info.run_id)


@pytest.mark.slow
@pytest.mark.usefixtures("_tracking")
def test_findings_are_metrics_over_the_windows_next_to_the_report() -> None:
    references, profiles, judged = findings()
    tables = {"drift_metrics": judged, "profiles": profiles, "references": references}
    with mlflow.start_run() as run:
        assert log_findings(judged) == 2 * 2 * 2
        report = report_of_tables(tables, title="flights", is_timed=True)
        mlflow.log_text(report.html(), "sparkmon/report.html")
    client = mlflow.MlflowClient()
    history = client.get_metric_history(run.info.run_id, "ks/fare")
    assert [(each.step, each.timestamp) for each in history] == [
        (at, int((MIDNIGHT + (at + 1) * HOUR).timestamp() * 1000)) for at in range(2)
    ]
    expected = [ks_2samp(TRAINED["fare"], columns["fare"]).statistic for columns in LIVE]
    assert [each.value for each in history] == pytest.approx(expected)
    assert set(client.get_run(run.info.run_id).data.metrics) == {
        *("ks/fare", "psi/fare", "ks/price _EUR_", "psi/price _EUR_"),
    }
    assert "<title>" in mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/sparkmon/report.html")


@pytest.mark.slow
@pytest.mark.usefixtures("_tracking")
def test_findings_that_one_metric_cannot_hold_apart_are_refused() -> None:
    *_, judged = findings()
    place = judged.schema.get_field_index("column_name")
    for column, values, expected in [
        (place, ["fare?" if name == "fare" else "fare!" for name in judged["column_name"].to_pylist()], "rename one"),
        (judged.schema.get_field_index("model_version"), [str(at) for at in range(len(judged))], "of several models"),
    ]:
        changed = judged.set_column(column, judged.schema.field(column), pa.array(values))
        with mlflow.start_run(), pytest.raises(OptionError, match=expected):
            log_findings(changed)
    with mlflow.start_run():
        assert log_findings(judged, reference="previous") == 0


def saved(signature: ModelSignature | None, path: Path) -> str:
    Model(signature=signature).save(path / "MLmodel")
    return str(path)


def test_a_signature_of_columns_is_the_schema_of_the_calls(tmp_path: Path) -> None:
    assert schema_of(saved(infer_signature(ROWS, np.array([1, 2])), tmp_path), "flights") == ModelSchema(
        "flights",
        (Feature("a", "numeric"), Feature("b", "categorical"), Feature("c", "boolean"), Feature("t", "time")),
        (Feature("prediction", "numeric"),),
    )


def test_the_columns_of_tensors_are_named_as_the_payloads_name_them(tmp_path: Path) -> None:
    signature = infer_signature({"x": np.zeros((4, 2)), "n": np.zeros(4, np.int32)}, np.zeros((4, 2), np.float32))
    schema = schema_of(saved(signature, tmp_path), "flights")
    assert [each.name for each in schema.features] == ["x_0", "x_1", "n"]
    assert [each.name for each in schema.predictions] == ["prediction_0", "prediction_1"]


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (None, "without a signature"),
        (ModelSignature(Schema([ColSpec(Array(DataType.double), "a")])), r"signature=.*Array\(double\)"),
        (ModelSignature(Schema([ColSpec("binary", "a")])), "signature=.*binary"),
        (ModelSignature(Schema([TensorSpec(np.dtype("float64"), (-1, -1))])), "tensors whose rows have a fixed size"),
    ],
)
def test_a_signature_that_says_too_little_is_refused(
    signature: ModelSignature | None, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=expected):
        schema_of(saved(signature, tmp_path), "flights")
