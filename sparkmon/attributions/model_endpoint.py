"""The predictor of a model, asked within a budget: V1, V2 or gRPC, or its explainer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from sparkmon.attributions.explained import explained
from sparkmon.attributions.grpc_sender import grpc_sender
from sparkmon.attributions.http_sender import http_sender
from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import OptionError, StoreError
from sparkmon.explain import Attributions, ObjectRows, permutation_shapley, rows_asked
from sparkmon.protocol import OWN_CLIENT, own_id, read_body
from sparkmon.records import Feature
from sparkmon.secret import Secret

_SCHEMES = {"v1": ("http", "https"), "v2": ("http", "https"), "grpc": ("grpc", "grpcs")}
_ROWS_AT_ONCE = 500
_MOST_BYTES = 64 * 2**20

Send: TypeAlias = Callable[[Mapping[str, Any], str], bytes]
"""Sends a body under an id; returns the body of the answer, or raises StoreError."""


@dataclass(frozen=True)
class ModelEndpoint:
    """Where a model's predictor answers, and how much it is asked.

    Parameters
    ----------
    url : str
        The predictor, such as ``http://flights-predictor.prod.svc``, without a path.
    protocol : str, default "v1"
        ``v1`` (``/v1/models/NAME:predict``), ``v2`` (``/v2/models/NAME/infer``, a tensor per feature), or ``grpc``, the
        same as a gRPC call: ``url`` is ``grpc://HOST:PORT`` then, or ``grpcs://``.
    name : str, optional
        The name under which the model is served; by default the monitored one.
    output : str, optional
        The column of the answer that is attributed, as the table ``rows`` names it; by default the last one.
    explainer : bool, default False
        Whether an explainer is deployed, whose ``/v1/models/NAME:explain`` gives a number per row and feature: it is
        asked instead of permutations; see :func:`sparkmon.attributions.explained.explained`.
    rows : int, default 200
        How many rows of a window are explained.
    permutations : int, default 3
        How many permutations there are for each. Of d features, 1 + permutations * (2 d - 1) rows are asked for each.
    rows_per_second : float, default 2000
        How fast it is asked.
    timeout_s : float, default 30
        How long one request may take.
    token : Secret, optional
        A bearer token.

    Raises OptionError: a number is not above 0, or the protocol is another one.

    Examples
    --------
    >>> ModelEndpoint("http://localhost:8080", protocol="v2").path("flights")
    '/v2/models/flights/infer'
    """

    url: str
    protocol: str = "v1"
    name: str = ""
    output: str = ""
    explainer: bool = False
    rows: int = 200
    permutations: int = 3
    rows_per_second: float = 2000.0
    timeout_s: float = 30.0
    token: Secret | None = None

    def __post_init__(self) -> None:
        if self.protocol not in _SCHEMES:
            raise OptionError.malformed("protocol", self.protocol, f"one of {', '.join(_SCHEMES)}")
        schemes = _SCHEMES[self.protocol]
        if self.url.partition("://")[0] not in schemes or "://" not in self.url:
            raise OptionError.malformed("url", self.url, " or ".join(f"{each}://HOST:PORT" for each in schemes))
        if self.explainer and self.protocol != "v1":
            raise OptionError(f"got an explainer with the protocol {self.protocol}; only V1 has :explain, so use v1")
        for name in ("rows", "permutations", "rows_per_second", "timeout_s"):
            if not getattr(self, name) > 0:
                raise OptionError.malformed(name, getattr(self, name), "a number above 0")

    def path(self, model: str) -> str:
        """Return the path of predictions of a model."""
        name = self.name or model.rpartition("/")[2]
        return f"/v1/models/{name}:predict" if self.protocol == "v1" else f"/v2/models/{name}/infer"

    def rows_asked(self, rows: int, features: int, permutations: int) -> int:
        """Return how many rows of the model explain so many: with an explainer, each one is explained and answered."""
        return 2 * rows if self.explainer else rows_asked(rows, features, permutations)

    @contextmanager
    def open(self, model: str, features: Sequence[Feature], key: str) -> Iterator[OpenEndpoint]:
        """Connect; the requests are signed with a key, so that no monitor counts them."""
        headers = {"x-client-id": OWN_CLIENT}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token.read_token()}"
        name = self.name or model.rpartition("/")[2]
        if self.protocol == "grpc":
            with grpc_sender(self.url, name, self.timeout_s, headers, _MOST_BYTES) as send:
                yield OpenEndpoint(self, send, features, key)
            return
        path = self.path(model)
        with http_sender(self.url, self.timeout_s, headers, _MOST_BYTES) as send:
            predict, explain = (partial(send, path=each) for each in (path, path.replace(":predict", ":explain")))
            yield OpenEndpoint(self, predict, features, key, explain if self.explainer else None)


class OpenEndpoint:
    """The predictor, connected."""

    def __init__(
        self, endpoint: ModelEndpoint, send: Send, features: Sequence[Feature], key: str, explain: Send | None = None
    ) -> None:
        self._endpoint, self._send, self._explain = endpoint, send, explain
        self._features, self._key = features, key
        self.asked_rows = 0
        """The rows that it was asked for."""

    def predict(self, rows: ObjectRows) -> FloatArray:
        """Return one number per row; StoreError if the model does not answer, or with something else."""
        return np.concatenate([self._number(content, count) for content, count in self._answers(rows, self._send)])

    def attributions(
        self, rows: ObjectRows, background: ObjectRows, permutations: int, generator: np.random.Generator
    ) -> Attributions:
        """Explain rows: by the explainer where there is one, else by asking the model."""
        if self._explain is None:
            return permutation_shapley(self.predict, rows, background, permutations, generator)
        width = len(self._features)
        phi = np.concatenate(
            [explained(content, count, width) for content, count in self._answers(rows, self._explain)]
        )
        answers = self.predict(rows)
        return Attributions(phi, answers, answers - phi.sum(axis=1))

    def _answers(self, rows: ObjectRows, send: Send) -> Iterator[tuple[bytes, int]]:
        """Ask for rows in parts, no faster than allowed; yield each answer with its number of rows."""
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            start = time.monotonic()
            self.asked_rows += len(part)
            yield send(self._body(part), own_id(self._key)), len(part)
            time.sleep(max(0.0, len(part) / self._endpoint.rows_per_second - (time.monotonic() - start)))

    def _body(self, rows: ObjectRows) -> dict[str, Any]:
        if self._endpoint.protocol == "v1":
            return {"instances": rows.tolist()}
        inputs = []
        for place, feature in enumerate(self._features):
            column = rows[:, place].tolist()
            is_text = any(isinstance(value, str) for value in column)
            values = column if is_text else [None if value is None else float(value) for value in column]
            datatype = "BYTES" if is_text else "FP64"
            inputs.append({"name": feature.name, "shape": [len(rows)], "datatype": datatype, "data": values})
        return {"inputs": inputs, "parameters": {"content_type": "pd"}}

    def _number(self, content: bytes, count: int) -> FloatArray:
        body = read_body(content, "response")
        answered = body.rows
        if answered.count != count or not answered.names:
            reason = body.dead_letter or f"{answered.count} rows"
            raise StoreError(f"asked the model for {count} rows, it answered with {reason}")
        output = self._endpoint.output
        if output and output not in answered.names:
            raise StoreError(f"the model's answer lacks {output!r}; it has {', '.join(answered.names[:20])}")
        place = answered.names.index(output) if output else len(answered.names) - 1
        column = answered.listed()[place :: len(answered.names)]
        if not all(isinstance(value, int | float) for value in column):
            raise StoreError("the model's answer is no number; name the output that is one")
        return np.array(column, np.float64)
