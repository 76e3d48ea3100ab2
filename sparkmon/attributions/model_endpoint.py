"""The predictor of a model, asked over HTTP within a budget: V1 or V2."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from sparkmon.distributions.arrays import FloatArray
from sparkmon.errors import MissingExtraError, OptionError, StoreError
from sparkmon.explain import ObjectRows
from sparkmon.protocol import OWN_CLIENT, own_id, read_body
from sparkmon.records import Feature
from sparkmon.secret import Secret

_PROTOCOLS = ("v1", "v2")
_ROWS_AT_ONCE = 500
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class ModelEndpoint:
    """Where a model's predictor answers, and how much it is asked.

    Parameters
    ----------
    url : str
        The predictor, such as ``http://flights-predictor.prod.svc``, without a path.
    protocol : str, default "v1"
        ``v1`` (``/v1/models/NAME:predict``) or ``v2`` (``/v2/models/NAME/infer``, a tensor per feature).
    name : str, optional
        The name under which the model is served; by default the monitored one.
    output : str, optional
        The column of the answer that is attributed, as the table ``rows`` names it; by default the last one.
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
    rows: int = 200
    permutations: int = 3
    rows_per_second: float = 2000.0
    timeout_s: float = 30.0
    token: Secret | None = None

    def __post_init__(self) -> None:
        if self.protocol not in _PROTOCOLS:
            raise OptionError.malformed("protocol", self.protocol, "v1 or v2")
        if not self.url.startswith(("http://", "https://")):
            raise OptionError.malformed("url", self.url, "http://HOST:PORT or https://HOST:PORT")
        for name in ("rows", "permutations", "rows_per_second", "timeout_s"):
            if not getattr(self, name) > 0:
                raise OptionError.malformed(name, getattr(self, name), "a number above 0")

    def path(self, model: str) -> str:
        """Return the path of predictions of a model."""
        name = self.name or model.rpartition("/")[2]
        return f"/v1/models/{name}:predict" if self.protocol == "v1" else f"/v2/models/{name}/infer"

    @contextmanager
    def open(self, model: str, features: Sequence[Feature], key: str) -> Iterator[OpenEndpoint]:
        """Connect; the requests are signed with a key, so that no monitor counts them."""
        try:
            import httpx
        except ImportError as error:
            raise MissingExtraError.of("httpx", "sinks") from error
        headers = {"content-type": "application/json", "x-client-id": OWN_CLIENT}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token.read_token()}"
        with httpx.Client(base_url=self.url, timeout=self.timeout_s, headers=headers, trust_env=False) as client:
            yield OpenEndpoint(self, client, self.path(model), features, key)


class OpenEndpoint:
    """The predictor, connected."""

    def __init__(self, endpoint: ModelEndpoint, client: Any, path: str, features: Sequence[Feature], key: str) -> None:  # noqa: ANN401 - httpx is an extra
        self._endpoint, self._client, self._path = endpoint, client, path
        self._features, self._key = features, key
        self.asked_rows = 0
        """The rows that it was asked for."""

    def predict(self, rows: ObjectRows) -> FloatArray:
        """Return one number per row; StoreError if the model does not answer, or with something else."""
        answers = []
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[first : first + _ROWS_AT_ONCE]
            start = time.monotonic()
            answers.append(self._ask(part))
            time.sleep(max(0.0, len(part) / self._endpoint.rows_per_second - (time.monotonic() - start)))
        return np.concatenate(answers)

    def _ask(self, rows: ObjectRows) -> FloatArray:
        import httpx

        self.asked_rows += len(rows)
        body = orjson.dumps(self._body(rows))
        try:
            with self._client.stream("POST", self._path, content=body, headers={"ce-id": own_id(self._key)}) as answer:
                content = b""
                for chunk in answer.iter_bytes():
                    content += chunk
                    if len(content) > _MOST_BYTES:
                        raise StoreError(f"the model answered with more than {_MOST_BYTES} bytes")
        except httpx.HTTPError as error:
            raise StoreError(f"the model at {self._endpoint.url} does not answer ({type(error).__name__})") from error
        if answer.status_code != 200:
            raise StoreError(f"the model at {self._endpoint.url} answered {answer.status_code}")
        return self._number(content, len(rows))

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
