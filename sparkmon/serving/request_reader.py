"""What a caller asks: instances by entity id and passed features, from V1 bodies and V2 tensors alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sparkmon.errors import ServingError
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER
from sparkmon.records import Value
from sparkmon.serving.refusal import refusal
from sparkmon.serving.tensor_columns import Tensor, check_shapes, read_columns
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import FeatureValue

__all__ = ["Asked", "RequestReader"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, whichever protocol it came in.

    ``ids`` and ``passed`` have one mapping per instance; ``shared`` are the request's parameters that bear a feature's
    name and hold for all instances. ``parameters`` are the caller's own, ``members`` what else a V1 body has at its
    top.
    """

    ids: Sequence[Mapping[str, Value]]
    passed: Sequence[Mapping[str, FeatureValue]]
    shared: Mapping[str, FeatureValue] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)


class RequestReader:
    """Reads requests for one feature view.

    An instance names its entity ids, the features that come with the request, and any others that shall go before the
    store's. V1: an object; or a list of values, entity ids first, then the features from the request, in the view's
    order; or one value where one is expected. V2: a tensor per name, of shape ``[n]`` or ``[n, 1]``; or one tensor of
    shape ``[n, width]`` with the values in that order.

    Parameters
    ----------
    view : FeatureView
        Names what is expected.
    defaults : mapping
        Features from the request that may be left out, and their values.
    max_instances : int
        So many instances in one request.

    Examples
    --------
    >>> from sparkmon.store.feature_view import FeatureView, GroupInView
    >>> cards = GroupInView("cards_1", {"card_id": "card_id"}, {"mean": "mean"})
    >>> reader = RequestReader(FeatureView("fraud", 1, ("mean", "amount"), (cards,)), {}, 100)
    >>> asked = reader.read_v1({"instances": [[7, 3.5], [8, 4]]})
    >>> asked.ids, asked.passed
    ([{'card_id': 7}, {'card_id': 8}], [{'amount': 3.5}, {'amount': 4}])
    >>> reader.read_v1({"instances": [{"amount": 3.5}]})
    Traceback (most recent call last):
    ...
    sparkmon.errors.ServingError: [REQUEST_MALFORMED] instance 0 has no 'card_id'; expected card_id, amount
    """

    def __init__(
        self, view: FeatureView, defaults: Mapping[str, FeatureValue], max_instances: int
    ) -> None:
        self._ids = view.entity_ids
        self._features = frozenset(view.features)
        self._columns = tuple(dict.fromkeys((*view.entity_ids, *view.from_request)))
        self._required = tuple(n for n in view.from_request if n not in defaults)
        self._filled = {n: defaults[n] for n in view.from_request if n in defaults}
        self._known = self._features | set(self._ids)
        self._max_instances = max_instances

    def read_bytes(self, body: bytes) -> Asked:
        """Read a V1 body that the server left as it came.

        Raises
        ------
        ServingError
            ``REQUEST_MALFORMED``, 400.
        """
        try:
            return self.read_v1(orjson.loads(body))
        except ValueError as error:
            raise _malformed(f"got {len(body)} bytes that are not JSON ({error})") from None

    def read_v1(self, body: object) -> Asked:
        """Read a parsed V1 body.

        Raises
        ------
        ServingError
            ``REQUEST_MALFORMED``, 400: naming what is expected.
        """
        if type(body) is not dict:
            raise _malformed(f"got {type(body).__name__}; {self._expected()}")
        instances = body.get("instances", body.get("inputs"))
        if type(instances) is not list:
            raise _malformed(f"got no list of `instances`; {self._expected()}")
        self._check_count(len(instances))
        parameters = body.get("parameters") or {}
        if type(parameters) is not dict:
            raise _malformed("got `parameters` that are no object")
        said = ("instances", "inputs", "parameters")
        members = {name: value for name, value in body.items() if name not in said}
        rows = [self._row(index, instance) for index, instance in enumerate(instances)]
        return self._asked(rows, parameters, members)

    def read_v2(self, tensors: Sequence[Tensor], parameters: Mapping[str, Any]) -> Asked:
        """Read the tensors of a V2 request, HTTP or gRPC.

        Raises
        ------
        ServingError
            ``REQUEST_MALFORMED``, 400: naming what is expected.
        """
        check_shapes(tensors)
        count = tensors[0].shape[0] if tensors and tensors[0].shape else 0
        self._check_count(count)
        columns = read_columns(tensors, self._columns, self._known, self._max_instances)
        names = tuple(columns)
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return self._asked(rows, parameters, {})

    def _row(self, index: int, instance: object) -> Mapping[str, Any]:
        if type(instance) is dict:
            return instance
        values = instance if type(instance) is list else [instance]
        if len(values) != len(self._columns):
            raise _malformed(f"instance {index} has {len(values)} values; {self._expected()}")
        return dict(zip(self._columns, values, strict=True))

    def _asked(
        self,
        rows: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        members: Mapping[str, Any],
    ) -> Asked:
        shared = {name: value for name, value in parameters.items() if name in self._features}
        own = {name: value for name, value in parameters.items() if name != ENRICHMENT_PARAMETER}
        ids, passed = [], []
        for index, row in enumerate(rows):
            if not self._known.issuperset(row):
                unknown = next(name for name in row if name not in self._known)
                raise _malformed(f"instance {index} has {unknown!r}; {self._expected()}")
            for name in (*self._ids, *self._required):
                if name not in row and name not in shared:
                    raise _malformed(f"instance {index} has no {name!r}; {self._expected()}")
            ids.append({name: _entity_id(index, name, row, shared) for name in self._ids})
            given = {name: value for name, value in row.items() if name in self._features}
            passed.append(self._filled | given if self._filled else given)
        return Asked(ids, passed, shared, own, members)

    def _check_count(self, count: int) -> None:
        if count > self._max_instances:
            raise _malformed(f"got {count} instances; {self._max_instances} is the limit")

    def _expected(self) -> str:
        return f"expected {', '.join(self._columns)}"


def _entity_id(index: int, name: str, row: Mapping[str, Any], shared: Mapping[str, Any]) -> Value:
    value = row[name] if name in row else shared[name]
    if type(value) is float and value.is_integer():
        return int(value)
    if value is None or (isinstance(value, (int, str)) and not isinstance(value, bool)):
        return value
    raise _malformed(
        f"instance {index} has {name}={value!r:.80}; expected a whole number or a string"
    )


def _malformed(reason: str) -> ServingError:
    return refusal("REQUEST_MALFORMED", 400, reason)
