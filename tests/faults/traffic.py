"""Known, numbered events of three models, and the book of what went in: what every fault must leave whole."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np

from sparkmon.protocol import from_http
from sparkmon.records import Event
from tests.support.traffic import MIDNIGHT

__all__ = ["Book", "Column", "Traffic", "Whole", "attributes", "received"]

ROWS = 300
"""Of a model in an hour: enough for a kind that vanishes to stand out."""
SIZE = 50
KINDS = ("card", "cash", "app")
WATCHED = ("bank", "shop")
MODELS = (*WATCHED, "unknown")
DRIFTS_FROM = 2
"""The hour from which on the model ``bank`` sees one kind alone."""


class Column(NamedTuple):
    """A column of a model in a window."""

    model: str
    version: str
    start: datetime
    name: str
    kind: str


class Whole(NamedTuple):
    """What tells whether each row was taken once: drawn at random, no two sets of rows have one sum."""

    rows: int
    total: float


@dataclass
class Book:
    """What went in."""

    columns: dict[Column, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The values of each column; of texts, their lengths."""
    letters: dict[str, datetime] = field(default_factory=dict)
    """The ids of the events that cannot be decoded, and their times."""
    events: int = 0

    @property
    def rows(self) -> int:
        """How many rows of features went in: each model has the column ``amount``."""
        return sum(len(v) for column, v in self.columns.items() if column.name == "amount")

    def before(self, time: datetime) -> "Book":
        """Give the part of it that is before a time."""
        columns = {column: rows for column, rows in self.columns.items() if column.start < time}
        letters = {name: at for name, at in self.letters.items() if at < time}
        return Book(columns, letters, self.events)

    def whole(self) -> dict[Column, Whole]:
        """Give count and sum of each column, a text's sum being 0."""
        return {column: Whole(len(v), sum(v)) for column, v in self.columns.items()}


class Traffic:
    """Makes hours of traffic and keeps the book.

    Parameters
    ----------
    seed : int
        Of all that is drawn.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._number = 0
        self.book = Book()

    def hour(self, at: int, *, models: Sequence[str] = MODELS, rows: int = ROWS) -> list[Event]:
        """Make the events of an hour in the order of their times, and note them."""
        events = [event for model in models for event in self._model(model, at, rows)]
        events += self._broken(at)
        events.sort(key=lambda event: event.event_time)
        self.book.events += len(events)
        return events

    def clock(self, at: float) -> Event:
        """Make an event without rows that moves the clock to an hour."""
        self.book.events += 1
        return self._event("shop", "response", 60 * at, b'{"live": true}')

    def request(self, model: str, minutes: float, rows: Sequence[dict[str, Any]], version: str = "") -> Event:
        """Make a request of given rows, and note it."""
        event = self._event(model, "request", minutes, _body("instances", rows), version)
        self._note(event, "feature", version, rows)
        self.book.events += 1
        return event

    def aside(self, requests: Sequence[tuple[float, int]]) -> list[Event]:
        """Make requests at minutes and of so many rows, which the book does not know."""
        return [
            self._event("shop", "request", minutes, _body("instances", self.rows(rows))) for minutes, rows in requests
        ]

    def rows(self, count: int, kinds: Sequence[str] = KINDS) -> list[dict[str, Any]]:
        """Draw rows of features."""
        amounts = self._random.normal(50, 10, count).tolist()
        chosen = self._random.choice(kinds, count).tolist()
        return [{"amount": amount, "kind": kind} for amount, kind in zip(amounts, chosen, strict=True)]

    def _model(self, model: str, at: int, rows: int) -> Iterator[Event]:
        kinds = KINDS[:1] if model == "bank" and at >= DRIFTS_FROM else KINDS
        parts = rows // SIZE
        for part in range(parts):
            # Not on the hour: a window that is flushed takes the first moment of the next one with it.
            minutes = 60 * at + 1 + 50 * part / parts
            drawn = self.rows(SIZE, kinds)
            event = self._event(model, "request", minutes, _body("instances", drawn))
            self._note(event, "feature", "", drawn)
            yield event
            scores = self._random.random(SIZE).tolist()
            answer = self._event(model, "response", minutes, _body("predictions", scores))
            name = "score" if model in WATCHED else "prediction"
            self._note(answer, "prediction", "", [{name: score} for score in scores])
            yield answer

    def _broken(self, at: int) -> Iterator[Event]:
        yield self._letter("shop", 60 * at + 5, b'{"instances": [[Na')
        yield self._letter("bank", 60 * at + 25, _body("instances", [[1.0, "card", 3.0]]))

    def _letter(self, model: str, minutes: float, payload: bytes) -> Event:
        event = self._event(model, "request", minutes, payload)
        self.book.letters[event.event_id] = event.event_time
        return event

    def _event(self, model: str, half: str, minutes: float, payload: bytes, version: str = "") -> Event:
        self._number += 1
        event = Event(
            event_id=f"n-{self._number}",
            event_type=half,
            source=f"{model}-pod",
            event_time=MIDNIGHT + timedelta(minutes=minutes),
            payload=payload,
            model=model,
            namespace="demo",
            component="predictor",
            content_type="application/json",
        )
        return replace(event, annotations={"model-version": version}) if version else event

    def _note(self, event: Event, kind: str, version: str, rows: Sequence[dict[str, Any]]) -> None:
        start = event.event_time.replace(minute=0, second=0, microsecond=0)
        for row in rows:
            for name, value in row.items():
                column = Column(event.model, version, start, name, kind)
                number = float(value) if isinstance(value, float) else 0.0
                self.book.columns[column].append(number)


def attributes(event: Event) -> dict[str, str]:
    """Give the attributes of an event as KServe's logger sends them, without a prefix."""
    return {
        "specversion": "1.0",
        "id": event.event_id,
        "type": f"org.kubeflow.serving.inference.{event.event_type}",
        "source": event.source,
        "time": event.event_time.isoformat(),
        "inferenceservicename": event.model,
        "namespace": event.namespace,
        "component": event.component,
    }


def received(event: Event, received_time: datetime) -> Event:
    """Give an event as a receiver reads it that gets it at a time of its own clock."""
    headers = {f"ce-{name}": value for name, value in attributes(event).items()}
    headers["content-type"] = "application/json"
    return from_http(headers, event.payload, received_time=received_time)


def _body(key: str, rows: Sequence[object]) -> bytes:
    return json.dumps({key: list(rows)}).encode()
