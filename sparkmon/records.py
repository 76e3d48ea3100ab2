"""The frozen records that cross from one room to another without Spark: event, dead letter, decoded event, schema.

``schemas.py`` has the same records as Spark types; a test compares the two field by field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Value: TypeAlias = float | int | bool | str | None
"""One cell of a row: a value of JSON or of a V2 tensor. Integers are exact."""

Half: TypeAlias = Literal["request", "response"]
"""The half of an inference that an event logs."""

FeatureKind: TypeAlias = Literal["numeric", "categorical", "code", "boolean", "time"]
"""What the values of a column are; truth values are summarised as named levels, times as numbers of seconds."""

SummaryKind: TypeAlias = Literal["numeric", "categorical", "joint"]
"""How a summary is read: as that of one column, or of a model's numeric features together."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Why bytes could not be decoded; the bytes themselves stay with the event."""

    condition: str
    """A stable name in capitals, such as ``BODY_NOT_JSON``: match on it."""
    reason: str
    """One sentence for a person."""

    def __str__(self) -> str:
        return f"[{self.condition}] {self.reason}"


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent of KServe's logger, its body untouched.

    Times are timezone-aware UTC, cut to microseconds (Spark's resolution). ``event_time`` is ``ce-time``: since
    KServe 0.18 the arrival of the request or the completion of the response, before that the time of sending;
    ``recorded_time`` (``ce-recordedtime``) exists only since 0.18, so its presence shows which.
    An empty body is ``b""``.
    """

    event_id: str
    event_type: str
    """``request`` or ``response`` for KServe's two types, else the full ``ce-type``."""
    source: str
    event_time: datetime
    payload: bytes
    model: str = ""
    """``ce-inferenceservicename``: the InferenceService."""
    namespace: str = ""
    component: str = ""
    """``predictor``, ``transformer`` or ``explainer``."""
    endpoint: str = ""
    content_type: str | None = None
    recorded_time: datetime | None = None
    status_code: int | None = None
    metadata: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The logged HTTP request headers, on both halves."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    request_time: datetime | None = None
    """On a response whose request reached the same receiver in time: the request's ``event_time``."""
    request_payload: bytes | None = None
    """On such a response: the request's body."""
    dead_letter: DeadLetter | None = None
    """Set if the bytes are not a CloudEvent; ``payload`` still has them."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of a model's input or output."""

    name: str
    kind: FeatureKind


@dataclass(frozen=True, slots=True)
class ModelSchema:
    """The columns of one model, in the order in which its payloads list them.

    Names the values of payloads that carry no names, and types the ambiguous ones: an integer code of a
    ``categorical`` feature is a level, not a quantity.
    """

    model: str
    features: tuple[Feature, ...] = ()
    predictions: tuple[Feature, ...] = ()
