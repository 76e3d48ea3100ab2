"""The table in which Hopsworks logs a feature view's features and predictions, as rows that profiles are made of."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, functions as F
from pyspark.sql.types import (
    BooleanType,
    CharType,
    DataType,
    DateType,
    DecimalType,
    NumericType,
    StringType,
    TimestampNTZType,
    TimestampType,
    VarcharType,
)

from sparkmon.compat import try_cast
from sparkmon.errors import OptionError
from sparkmon.protocol import LEVEL_KINDS, ZEROS
from sparkmon.records import Feature, FeatureKind, ModelSchema
from sparkmon.schemas import DECODED, VALUES
from sparkmon.sources.decode import distinct

_PREDICTED = "predicted_"
_BOOKKEEPING = {
    *("log_id", "log_time", "td_version", "model_name", "model_version", "hsml_model"),
    *("request_id", "request_parameters", "request_row"),
    *("deployment_name", "deployment_version", "deployment_schema_id"),
}
_TEXTS = (StringType, CharType, VarcharType, BooleanType)
_TIMES = (DateType, TimestampType, TimestampNTZType)
_BY_HALF = ("event_type", "features", "predictions")


def feature_log_rows(
    table: DataFrame, schema: ModelSchema | None = None, *, entity_ids: Sequence[str] = (), delay: str | None = None
) -> DataFrame:
    """Turn the rows of a feature view's log into decoded rows, without decoding anything.

    Parameters
    ----------
    table : DataFrame
        The feature group ``<view>_<version>_log``, streaming or not: ``log_id``, ``log_time``, features, and
        predictions as ``predicted_<label>``; ``model_name``, ``model_version`` and ``request_id`` where it has them.
    schema : ModelSchema, optional
        Which columns are features and predictions, and their kinds, as ``sparkmon.store.schemas_of`` gives them for a
        reference; a prediction is found by its name with or without ``predicted_``. Its model is that of rows whose
        ``model_name`` is empty. Without it, every column but Hopsworks' own is a feature: numbers, dates and times
        are numeric, strings and truth values categorical, other types are left out. Drop what the model does not
        take, such as event times and helper columns, before.
    entity_ids : sequence of str
        The serving keys: they go to ``entities``, and are features only if ``schema`` says so.
    delay : str, optional
        How late rows may come, as a Spark interval. With it, a row that is delivered again (``log_id``) is taken
        once, and on a stream the rows have a watermark on ``event_time``.

    Returns
    -------
    DataFrame
        ``sparkmon.schemas.DECODED``, of the kind ``feature_log``. As in an inference log, a request row holds the
        features; where a prediction is not null, a response row with the same ``event_id`` holds both. Predictions
        are named by their labels. ``event_time`` is ``log_time``; a row without one goes to 1970.

    Raises
    ------
    OptionError
        ``log_id``, ``log_time`` or a column that ``schema`` or ``entity_ids`` names is not there, ``log_time`` is no
        timestamp, or no feature is left.

    Examples
    --------
    >>> table = spark.sql(
    ...     "SELECT string(id) AS log_id, TIMESTAMP '2026-01-05' + id * INTERVAL 20 MINUTES AS log_time, "
    ...     "'fraud' AS model_name, '2' AS model_version, 1 AS td_version, id AS card_id, id * 1.5 AS amount, "
    ...     "id > 2 AS predicted_is_fraud FROM range(6)"
    ... )
    >>> rows = feature_log_rows(table, entity_ids=["card_id"])
    >>> rows.where("event_id = '4' AND event_type = 'response'").select(
    ...     "model", "features.amount.number", "predictions.is_fraud.text", "entities.card_id.number").collect()
    [Row(model='fraud', number=6.0, text='true', number=4.0)]

    Profiles of them, and findings; a monitor's own are ``monitor.findings(profiles)``:

    >>> from sparkmon import compare, profile_rows, reference_of
    >>> training = spark.range(10_000).selectExpr("id / 1000.0 AS amount")
    >>> profiles = profile_rows(rows, "1 hour").where("column_kind = 'feature'")
    >>> findings = compare(profiles, reference_of(training, "fraud")).where("statistic = 'ks'")
    >>> [tuple(row) for row in findings.select("column_name", "current_count", "status").collect()]
    [('amount', 3, 'too_few_rows'), ('amount', 3, 'too_few_rows')]
    """
    _check(table, ("log_id", "log_time", *entity_ids))
    if not isinstance(table.schema["log_time"].dataType, (TimestampType, TimestampNTZType)):
        got = table.schema["log_time"].dataType.simpleString()
        raise OptionError.malformed("log_time", got, "a timestamp column; cast it before")
    features, predictions = _columns(table, schema, set(entity_ids))
    wide = table.select(*_identity(table, schema), *_values(features, predictions, entity_ids, table))
    if delay is not None:
        wide = distinct(wide, ["event_id"], delay)
    request = _half("request", F.col("features"), F.lit(None))
    response = _half("response", F.col("features"), F.col("predictions"))
    halves = F.when(F.col("is_predicted"), F.array(request, response)).otherwise(F.array(request))
    return wide.select(
        *(name for name in wide.columns if name not in (*_BY_HALF, "is_predicted")), F.inline(halves)
    ).select(*DECODED.names)


def _check(table: DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.columns:
            raise OptionError(
                f"got a feature log without the column {name!r}; its columns are {', '.join(table.columns)}"
            )


def _columns(
    table: DataFrame, schema: ModelSchema | None, entity_ids: set[str]
) -> tuple[dict[str, Feature], dict[str, Feature]]:
    """Choose the columns to read, with their names and kinds."""
    features: dict[str, Feature] = {}
    predictions: dict[str, Feature] = {}
    if schema is None:
        for field in table.schema.fields:
            kind = _kind(field.dataType)
            if field.name in _BOOKKEEPING | entity_ids or kind is None:
                continue
            columns = predictions if field.name.startswith(_PREDICTED) else features
            columns[field.name] = Feature(field.name.removeprefix(_PREDICTED), kind)
    else:
        features = {feature.name: feature for feature in schema.features}
        for label in schema.predictions:
            name = f"{_PREDICTED}{label.name}"
            predictions[name if name in table.columns else label.name] = label
        _check(table, [*features, *predictions])
    if not features:
        raise OptionError(
            "the feature log has no column of numbers, dates, strings or truth values that is a feature; "
            f"its columns are {', '.join(table.columns)}"
        )
    return features, predictions


def _identity(table: DataFrame, schema: ModelSchema | None) -> list[Column]:
    """Make the columns that identify the row: its ids, its model and its time."""

    def text(name: str, otherwise: str = "") -> Column:
        if name not in table.columns:
            return F.lit(otherwise)
        return F.coalesce(F.nullif(F.col(name).cast("string"), F.lit("")), F.lit(otherwise))

    request_id = F.nullif(text("request_id"), F.lit(""))
    columns = {
        "model": text("model_name", "" if schema is None else schema.model),
        # Hopsworks' client writes what Python calls no version.
        "model_version": F.regexp_replace(text("model_version"), "^None$", ""),
        "component": F.lit("predictor"),
        "event_id": text("log_id"),
        "source": text("deployment_name"),
        "event_time": F.coalesce(F.col("log_time").cast("timestamp"), F.timestamp_seconds(F.lit(0))),
        "request_id": F.coalesce(request_id, text("log_id")),
        "kind": F.lit("feature_log"),
        "instance": F.lit(0),
    }
    filled = {*columns, *_BY_HALF, "entities"}
    empty = {field.name: F.lit(None if field.nullable else "") for field in DECODED.fields if field.name not in filled}
    return [column.cast(DECODED[name].dataType).alias(name) for name, column in (columns | empty).items()]


def _values(
    features: dict[str, Feature], predictions: dict[str, Feature], entity_ids: Sequence[str], table: DataFrame
) -> list[Column]:
    def cells(columns: dict[str, Feature]) -> list[Column]:
        return [
            part
            for name, each in columns.items()
            for part in (F.lit(each.name), _cell(name, table.schema[name].dataType, each.kind))
        ]

    ids = [part for name in entity_ids for part in (F.lit(name), _id(name, table))]
    any_predicted = F.lit(False)
    for name in predictions:
        any_predicted = any_predicted | _column(name).isNotNull()
    return [
        F.create_map(*cells(features)).cast(VALUES).alias("features"),
        (F.create_map(*cells(predictions)) if predictions else F.lit(None)).cast(VALUES).alias("predictions"),
        (F.create_map(*ids) if ids else F.lit(None)).cast(VALUES).alias("entities"),
        any_predicted.alias("is_predicted"),
    ]


def _cell(name: str, data_type: DataType, kind: FeatureKind) -> Column:
    column = _column(name)
    if kind in LEVEL_KINDS:
        return _number_and_text(F.lit(None), _level(column, data_type, kind))
    if isinstance(data_type, _TEXTS):
        number = try_cast(column, "double")
        return _number_and_text(number, F.when(number.isNull(), column.cast("string")))
    if isinstance(data_type, _TIMES):
        column = column.cast("timestamp")
    return _number_and_text(column.cast("double"), F.lit(None))


def _level(column: Column, data_type: DataType, kind: FeatureKind) -> Column:
    """Write a value as payloads' levels are written: whole numbers without a point."""
    text = column.cast("string")
    if not isinstance(data_type, NumericType):
        for pattern in ZEROS if kind == "code" else ():
            text = F.regexp_replace(text, pattern, "$1")
        return text
    number = column.cast("double")
    is_whole = (number == F.rint(number)) & (F.abs(number) < 2.0**63)
    if isinstance(data_type, DecimalType):
        text = F.regexp_replace(text, r"(\.\d*?)0+$", "$1")
    return F.when(is_whole, column.cast("bigint").cast("string")).when(~F.isnan(number), text)


def _id(name: str, table: DataFrame) -> Column:
    """Read an entity id as a payload's would be: a number where a double holds it exactly, else a text."""
    column = _column(name)
    if not isinstance(table.schema[name].dataType, NumericType):
        return _number_and_text(F.lit(None), column.cast("string"))
    number = column.cast("double")
    is_exact = number.cast("decimal(38,0)") == column.cast("decimal(38,0)")
    return _number_and_text(F.when(is_exact, number), F.when(~is_exact, column.cast("string")))


def _number_and_text(number: Column, text: Column) -> Column:
    return F.struct(number.cast("double").alias("number"), text.cast("string").alias("text"))


def _half(half: str, features: Column, predictions: Column) -> Column:
    return F.struct(
        F.lit(half).alias("event_type"), features.alias("features"), predictions.cast(VALUES).alias("predictions")
    )


def _column(name: str) -> Column:
    escaped = name.replace("`", "``")
    return F.col(f"`{escaped}`")


def _kind(data_type: DataType) -> FeatureKind | None:
    if isinstance(data_type, (NumericType, *_TIMES)):
        return "numeric"
    return "categorical" if isinstance(data_type, _TEXTS) else None
