"""References and findings in MLflow's runs, and the signature of a model as the schema of its calls."""

import re
from collections.abc import Sequence
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from sparkmon.distributions.schema import as_references
from sparkmon.errors import MissingExtraError, OptionError
from sparkmon.protocol.body import made_names
from sparkmon.records import Feature, FeatureKind, Half, ModelSchema

REFERENCE = "sparkmon/references.parquet"
"""Where a run has its reference: a Parquet file with the columns of ``sparkmon.schemas.REFERENCES``."""

_KINDS: dict[str, FeatureKind] = {
    **{"boolean": "boolean", "string": "categorical", "datetime": "time"},
    **dict.fromkeys(("integer", "long", "float", "double"), "numeric"),
}
_TENSOR_KINDS: dict[str, FeatureKind] = {
    **{"b": "boolean", "M": "time"},
    **dict.fromkeys("iuf", "numeric"),
    **dict.fromkeys("OSU", "categorical"),
}
"""By the letter that numpy has for a kind of type."""
_METRICS_AT_ONCE = 1000
_NOT_IN_NAMES = re.compile(r"[^/\w.\- :]")
_Spec: TypeAlias = Any
"""A column or tensor of a signature; mlflow's types differ by version."""


def log_reference(references: pa.Table, run_id: str | None = None) -> str:
    """Log a reference as an artifact of a run, next to the model that was trained.

    Parameters
    ----------
    references : pyarrow.Table
        ``sparkmon.schemas.REFERENCES``, as ``sparkmon.to_arrow(sparkmon.reference_of(...))`` returns it.
    run_id : str, optional
        The run; by default the active one.

    Returns
    -------
    str
        Its URI, ``runs:/<run_id>/sparkmon/references.parquet``, for :func:`read_reference`.

    Raises
    ------
    OptionError
        No run is given, and none is active.
    ProfileError
        The table lacks columns of a reference.
    """
    run_id = _run(run_id)
    with TemporaryDirectory() as folder:
        path = Path(folder, Path(REFERENCE).name)
        pq.write_table(as_references(references), path)
        _mlflow().MlflowClient().log_artifact(run_id, str(path), str(Path(REFERENCE).parent))
    return f"runs:/{run_id}/{REFERENCE}"


def read_reference(uri: str) -> pa.Table:
    """Return a reference that was logged, for ``write_reference`` of the store that a monitor reads.

    ``uri`` is that of :func:`log_reference`, or any other of an artifact. ProfileError if the file is no reference.
    """
    with TemporaryDirectory() as folder:
        path = _mlflow().artifacts.download_artifacts(artifact_uri=uri, dst_path=folder)
        return as_references(pq.read_table(path))


def log_findings(findings: pa.Table, run_id: str | None = None, *, reference: str = "training") -> int:
    """Log the value of each statistic of each column as a metric ``<statistic>/<column>``, a step for each window.

    Parameters
    ----------
    findings : pyarrow.Table
        ``sparkmon.schemas.DRIFT_METRICS`` of one model version: ``compare_tables(...).tables["drift_metrics"]``, or
        what ``sparkmon.Tables(location).open().read("drift_metrics", where=...)`` returns of a monitor. Slices and
        statistics without a value are left out.
    run_id : str, optional
        The run; by default the active one.
    reference : str, default "training"
        Findings against this reference.

    Returns
    -------
    int
        How many values were logged. Their timestamps are the ends of the windows. A character that MLflow does not
        take in a metric's name is ``_``.

    Raises
    ------
    OptionError
        No run is given, and none is active; findings of several model versions; or two columns whose metrics would have
        one name.
    """
    run_id = _run(run_id)
    rows = findings.filter(pa.compute.field("reference") == reference).to_pylist()
    rows = [row for row in rows if row["slice_key"] is None and row["value"] is not None]
    if len({(row["model"], row["model_version"]) for row in rows}) > 1:
        raise OptionError("got findings of several models or versions; filter them to those of one")
    ends = sorted({row["window_end"] for row in rows})
    columns: dict[str, str] = {}
    metrics = []
    for row in rows:
        name = _NOT_IN_NAMES.sub("_", f"{row['statistic']}/{row['column_name']}")
        if columns.setdefault(name, row["column_name"]) != row["column_name"]:
            raise OptionError(f"got columns whose metrics would both be {name!r} in MLflow; rename one")
        end = row["window_end"]
        metrics.append(_mlflow().entities.Metric(name, row["value"], int(end.timestamp() * 1000), ends.index(end)))
    for first in range(0, len(metrics), _METRICS_AT_ONCE):
        _mlflow().MlflowClient().log_batch(run_id, metrics[first : first + _METRICS_AT_ONCE])
    return len(metrics)


def schema_of(model_uri: str, model: str) -> ModelSchema:
    """Return the signature of a logged model as the schema of its calls; the model itself is not loaded.

    Parameters
    ----------
    model_uri : str
        Such as ``models:/flights/3`` or ``runs:/<run_id>/model``.
    model : str
        The InferenceService that serves it.

    Returns
    -------
    ModelSchema
        For ``sparkmon.rows(events, schemas=[...])``, and the columns of the training table for ``reference_of`` in the
        order of the model's inputs. A tensor of several values a row is the columns ``<tensor>_0``, ...; what has no
        name is called as in payloads without names: ``feature_0``, ``prediction``.

    Raises
    ------
    OptionError
        The model has no signature, or one with arrays, objects, bytes, or tensors of variable width.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from mlflow.models import Model, infer_signature
    >>> folder = tempfile.mkdtemp()
    >>> flights = pd.DataFrame({"fare": [12.5, 8.0], "origin": ["EWR", "JFK"]})
    >>> Model(signature=infer_signature(flights)).save(f"{folder}/MLmodel")  # as mlflow's log_model does
    >>> [(column.name, column.kind) for column in schema_of(folder, "flights").features]
    [('fare', 'numeric'), ('origin', 'categorical')]
    """
    signature = _mlflow().models.get_model_info(model_uri).signature
    if signature is None or signature.inputs is None:
        raise OptionError(f"got {model_uri!r} without a signature; log the model with signature=infer_signature(...)")
    predictions = () if signature.outputs is None else _features(signature.outputs.inputs, "response")
    return ModelSchema(model, _features(signature.inputs.inputs, "request"), predictions)


def _mlflow() -> Any:  # noqa: ANN401 - a module, which takes seconds to load
    try:
        import mlflow
    except ImportError as error:
        raise MissingExtraError.of("mlflow", "mlflow") from error
    return mlflow


def _run(run_id: str | None) -> str:
    if run_id is not None:
        return run_id
    active = _mlflow().active_run()
    if active is None:
        raise OptionError.missing("run_id", "that of a run, or call this within mlflow.start_run()")
    return str(active.info.run_id)


def _features(specs: Sequence[_Spec], half: Half) -> tuple[Feature, ...]:
    columns = [column for spec in specs for column in _columns(spec)]
    unnamed = made_names(half, len(columns))
    return tuple(Feature(name or unnamed[at], kind) for at, (name, kind) in enumerate(columns))


def _columns(spec: _Spec) -> list[tuple[str | None, FeatureKind]]:
    """Return the names and kinds of the columns of a column or a tensor; a name is None where it has none."""
    shape = getattr(spec, "shape", None)
    if shape is None:
        kind, width = _KINDS.get(getattr(spec.type, "name", "")), 1
    else:
        kind, width = _TENSOR_KINDS.get(spec.type.kind), prod(shape[1:])
    if kind is None or width < 1:
        expected = "numbers, truth values, texts or times, as columns or tensors whose rows have a fixed size"
        raise OptionError.malformed("signature", str(spec), expected)
    if width == 1:
        return [(spec.name, kind)]
    return [(spec.name and f"{spec.name}_{at}", kind) for at in range(width)]
