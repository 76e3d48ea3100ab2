"""Whose row it is: by a header of the call, an entity or a feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sparkmon.errors import OptionError
from sparkmon.printable import printable
from sparkmon.protocol import look_up

_MOST_CHARACTERS = 128
_KINDS = ("header", "entity", "feature")


@dataclass(frozen=True, slots=True)
class ClientIdentity:
    """Where a model's events say who asked.

    A header is only as good as whoever sets it: let the gateway write it from the credentials, never the client.

    Examples
    --------
    >>> ClientIdentity.parse("header X-Client-Id")
    ClientIdentity(kind='header', name='x-client-id')
    """

    kind: str
    """``header``, ``entity``, ``feature`` or ``nobody``."""
    name: str

    @classmethod
    def parse(cls, text: str) -> ClientIdentity:
        """Read ``header NAME``, ``entity NAME``, ``feature NAME`` or ``nobody``; OptionError if it is none of them."""
        kind, _, name = text.strip().partition(" ")
        if (kind, name) == ("nobody", ""):
            return cls(kind, name)
        if kind not in _KINDS or not name.strip():
            raise OptionError.malformed("adversaries", text, f"{', '.join(f'{each} NAME' for each in _KINDS)}, nobody")
        return cls(kind, name.strip().lower() if kind == "header" else name.strip())

    def of_events(self, events: pa.RecordBatch) -> Any:  # noqa: ANN401 - an Arrow array
        """Return the client of each event by its header; null where there is none."""
        clients = look_up(events.column("metadata"), self.name)
        return pa.nulls(events.num_rows, pa.string()) if clients is None else clients

    def of_rows(self, rows: pa.RecordBatch) -> Any:  # noqa: ANN401 - an Arrow array
        """Return the client of each decoded row by its entity or feature; null where there is none."""
        column: Any = rows.column("entities" if self.kind == "entity" else "features")
        value = pc.map_lookup(column, pa.scalar(self.name, pa.string()), "first")
        number = pc.struct_field(value, "number")
        whole = pc.if_else(pc.equal(number, pc.round(number)), number, None)
        return pc.coalesce(pc.struct_field(value, "text"), pc.cast(whole, pa.int64(), safe=False).cast(pa.string()))


def clients_of(
    identities: Mapping[str, ClientIdentity],
    rows: pa.RecordBatch,
    events: pa.RecordBatch | None = None,
    places: Any = None,  # noqa: ANN401 - an Arrow array
) -> Any:  # noqa: ANN401 - an Arrow array
    """Return whose each decoded row is, by the identities of its model; null where nobody knows.

    ``events`` are those that the rows come from, and ``places`` by row its event; without them there are no headers.
    """
    clients: Any = pa.nulls(rows.num_rows, pa.string())
    for model, identity in identities.items():
        if identity.kind == "nobody":
            continue
        if identity.kind != "header":
            names = identity.of_rows(rows)
        elif events is not None:
            names = identity.of_events(events).take(places)
        else:
            continue
        clients = pc.if_else(pc.equal(rows.column("model"), pa.scalar(model)), names, clients)
    distinct = clients.dictionary_encode()
    shortened = pa.array([short(each) for each in distinct.dictionary.to_pylist()], pa.string())
    return shortened.take(distinct.indices)


def short(name: str) -> str:
    """Return a client's name as it is kept: printable, at most 128 characters; longer ones end with their digest.

    Examples
    --------
    >>> len(short("x" * 10_000))
    128
    """
    clean = printable(name[:_MOST_CHARACTERS])
    if max(len(name), len(clean)) <= _MOST_CHARACTERS:
        return clean
    return f"{clean[: _MOST_CHARACTERS - 17]}~{sha256(name.encode(errors='replace')).hexdigest()[:16]}"
