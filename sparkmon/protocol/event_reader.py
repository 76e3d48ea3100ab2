"""The careful reading of one event: whatever its body is, one event at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkmon.protocol.block_builder import SideRows
from sparkmon.protocol.body import Body
from sparkmon.protocol.decode import read_body, read_parsed
from sparkmon.protocol.event_columns import EventColumns
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.naming import Naming, name_columns
from sparkmon.protocol.reading_step import ReadingStep
from sparkmon.records import DeadLetter, Half, ModelSchema


class EventReader:
    """Reads events one by one.

    Parameters
    ----------
    columns : EventColumns
        The events.
    schemas : mapping
        Model name to its schema.
    limits : Limits
        The bounds of one event.
    """

    def __init__(
        self, columns: EventColumns, schemas: Mapping[str, ModelSchema], limits: Limits
    ) -> None:
        self._columns = columns
        self._schemas = schemas
        self._limits = limits
        self._namings: dict[tuple[object, ...], Naming] = {}

    def read(
        self, at: int, payload: bytes, parsed: tuple[Any, bytes] | None, step: ReadingStep
    ) -> None:
        """Read event ``at``, whose body is parsed already if it could be, into the step."""
        columns = self._columns
        if columns.conditions is not None and columns.conditions[at] is not None:
            reason = columns.events.column("reason")[at].as_py() or ""
            step.set_aside(at, Body("dead_letter"), DeadLetter(columns.conditions[at], reason))
            return
        event_type = columns.types[columns.type_codes[at]]
        if parsed is None:
            body = self._body(at, payload, event_type)
        else:
            body = read_parsed(*parsed, event_type, self._limits, len(payload))
        dead_letter = body.dead_letter
        sides: list[SideRows] = []
        if body.rows.count and dead_letter is None:
            naming = self.naming(columns.model(at), event_type, body.rows.named, body.rows.names)
            dead_letter = naming.dead_letter
            side = "features" if event_type == "request" else "predictions"
            sides.append(SideRows(side, naming, body.rows))
        if dead_letter is not None:
            step.set_aside(at, body, dead_letter)
            return
        if event_type == "response" and columns.requests is not None:
            sides = self._pair(at, columns.requests[at], body) + sides
        self._take_notes(body, sides)
        step.add(at, event_type, body, sides)

    def naming(self, model: str, half: Half, named: bool, names: tuple[str, ...]) -> Naming:
        """Name the columns of one layout; the same object each time."""
        schema = self._schemas.get(model)
        key = (schema and schema.model, half, named, names)
        naming = self._namings.get(key)
        if naming is None:
            columns = () if schema is None else schema.predictions
            if schema is not None and half == "request":
                columns = schema.features
            naming = self._namings[key] = name_columns(names, named, columns)
        return naming

    def _body(self, at: int, payload: bytes, half: str, *, is_own: bool = True) -> Body:
        """Read one body; the status code is of the event's own, not of a request that travels with it."""
        columns = self._columns
        heads, statuses = columns.head_lengths, columns.statuses
        return read_body(
            payload,
            half,
            content_type=columns.content_types[columns.content_codes[at]],
            head_length=None if heads is None else heads[at],
            status_code=statuses[at] if statuses is not None and is_own else None,
            limits=self._limits,
        )

    def _pair(self, at: int, payload: bytes | None, body: Body) -> list[SideRows]:
        """Read the features of the request a response carries.

        A request that cannot be read has none: its own event is the dead letter.
        """
        if payload is None:
            return []
        request = self._body(at, payload, "request", is_own=False)
        body.body_id = body.body_id or request.body_id
        body.model_version = body.model_version or request.model_version
        if not request.rows.count:
            return []
        rows = request.rows
        naming = self.naming(self._columns.model(at), "request", rows.named, rows.names)
        if naming.dead_letter is not None:
            return []
        sides = [SideRows("features", naming, rows)]
        self._take_notes(request, sides)
        return sides

    def _take_notes(self, body: Body, sides: list[SideRows]) -> None:
        """Add what a transformer noted on a request, once; most requests have no notes."""
        for side, rows in (("entities", body.entities), ("row_flags", body.row_flags)):
            if rows.count and rows.names and all(side != each.side for each in sides):
                key = (side, rows.names)
                if key not in self._namings:
                    self._namings[key] = Naming(rows.names)
                sides.append(SideRows(side, self._namings[key], rows))
