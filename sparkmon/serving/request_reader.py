"""Enrichment requests: instances with entity ids and passed features, read from V1 bodies and V2 tensors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, TypeAlias

import orjson

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import check_items
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.tensors import tensor_from_json
from sparkmon.records import Value
from sparkmon.serving.serving_error import malformed_request
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import FeatureValue

Tensor: TypeAlias = Any
"""kserve's ``InferInput`` or ``InferOutput``: they have no types, and importing kserve takes seconds."""


def tensor_values(tensor: Tensor) -> list[Any]:
    """Return the values of a tensor, row-major: integers exact, ``BYTES`` as text if they are UTF-8.

    Raises ServingError ``REQUEST_MALFORMED``, 400: the values do not fit the datatype or the shape.
    """
    try:
        if tensor.data:
            texts = [_text(value) for value in tensor.data]
            return list(tensor_from_json(tensor.name, tensor.datatype, texts, prod(tensor.shape)))
        return [_text(value) for value in tensor.as_numpy().ravel().tolist()]
    except ProtocolError as error:
        raise malformed_request(str(error)) from None
    except Exception as error:
        # kserve reads raw bytes with struct and numpy, which raise errors of their own.
        raise malformed_request(f"the tensor {tensor.name!r} cannot be read ({error})") from None


def count_instances(body: object) -> int:
    """Return the number of instances of a V1 body, or of an ``InferRequest``; refuse a shape that is no list of sizes.

    kserve does not check the shapes of a binary request.
    """
    if isinstance(body, dict):
        instances = body.get("instances", body.get("inputs"))
        return len(instances) if type(instances) is list else 1
    tensors: Sequence[Tensor] = getattr(body, "inputs", ())
    for tensor in tensors:
        sizes = tensor.shape
        if type(sizes) is not list or not all(type(size) is int and size >= 0 for size in sizes):
            raise malformed_request(f"got the shape {sizes!r:.80} of the tensor {tensor.name!r}; expected sizes")
    return max((tensor.shape[0] for tensor in tensors if tensor.shape), default=0)


def read_columns(tensors: Sequence[Tensor], expected: Sequence[str], names: Collection[str]) -> dict[str, list[Any]]:
    """Return name to values, one per instance, of a tensor per name or one tensor of all.

    A single tensor under a name that is not in ``names`` has the ``expected`` columns, in order.
    """
    expectation = f"expected a tensor each for {', '.join(expected)}"
    if len(tensors) == 1 and tensors[0].name not in names:
        (tensor,) = tensors
        shape, width = tensor.shape, len(expected)
        if not shape or prod(shape[1:]) != width:
            raise malformed_request(
                f"got the tensor {tensor.name!r} of shape {shape}; {expectation}, or one tensor of shape [n, {width}]"
            )
        values = tensor_values(tensor)
        return {name: values[at::width] for at, name in enumerate(expected)}
    unknown = [tensor.name for tensor in tensors if tensor.name not in names]
    if unknown or len({tensor.name for tensor in tensors}) != len(tensors) or not tensors:
        what = repr(unknown[0]) if unknown else "no tensor, or two of one name"
        raise malformed_request(f"got {what}; {expectation}")
    are_columns = all(tensor.shape and prod(tensor.shape[1:]) == 1 for tensor in tensors)
    if not are_columns or len({tensor.shape[0] for tensor in tensors}) != 1:
        shapes = ", ".join(f"{tensor.name} {tensor.shape}" for tensor in tensors)
        raise malformed_request(f"got the shapes {shapes}; expected [n] or [n, 1] of each")
    return {tensor.name: tensor_values(tensor) for tensor in tensors}


def _text(value: Any) -> Any:  # noqa: ANN401 - any value
    if type(value) is not bytes:
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


_MEMBERS = ("instances", "inputs", "parameters")


@dataclass(frozen=True, slots=True)
class EnrichmentRequest:
    """A request to the transformer, V1 or V2.

    ``ids`` and ``passed_features`` have one mapping per instance; ``shared_features`` are the request parameters with a
    feature's name, for all instances. ``parameters`` are the caller's, ``members`` the other members of a V1 body.
    ``origin`` is kserve's ``InferRequest``, of HTTP or gRPC, and None for V1.
    """

    ids: Sequence[Mapping[str, Value]]
    passed_features: Sequence[Mapping[str, FeatureValue]]
    shared_features: Mapping[str, FeatureValue] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    origin: Any = None


class RequestReader:
    """Reads requests for one feature view; what cannot be read is a ServingError ``REQUEST_MALFORMED``, 400.

    An instance has its entity ids, the features that come with the request unless they have a default, and any others
    that override the store's. V1: an object; or a list of values, entity ids first, then the features from the request,
    in the view's order; or one value if one is expected. V2: a tensor per name, of shape ``[n]`` or ``[n, 1]``; or one
    tensor of shape ``[n, width]`` with the values in that order.

    >>> from sparkmon.store.feature_view import FeatureView, GroupInView
    >>> cards = GroupInView("cards_1", {"card_id": "card_id"}, {"mean": "mean"})
    >>> reader = RequestReader(FeatureView("fraud", 1, ("mean", "amount"), (cards,)), {}, 100)
    >>> request = reader.read_v1({"instances": [[7, 3.5], [8, 4]]})
    >>> request.ids, request.passed_features
    ([{'card_id': 7}, {'card_id': 8}], [{'amount': 3.5}, {'amount': 4}])
    >>> reader.read_v1({"instances": [{"amount": 3.5}]})
    Traceback (most recent call last):
    ...
    sparkmon.errors.ServingError: [REQUEST_MALFORMED] instance 0 has no 'card_id'; expected card_id, amount
    """

    def __init__(self, view: FeatureView, defaults: Mapping[str, FeatureValue], max_instances: int) -> None:
        self._ids = view.entity_ids
        self._features = frozenset(view.features)
        self._columns = tuple(dict.fromkeys((*view.entity_ids, *view.from_request)))
        self._required = (*view.entity_ids, *(n for n in view.from_request if n not in defaults))
        self._optional = {n: defaults[n] for n in view.from_request if n in defaults}
        self._names = self._features | set(self._ids)
        self._max_instances = max_instances
        self._expected = f"expected {', '.join(self._columns)}"

    def check_items(self, body: bytes, head_length: str | None) -> None:
        """Refuse JSON of far more values than the most instances have before it is read: it takes many times its bytes.

        ``head_length`` is the header ``Inference-Header-Content-Length``: tensors follow the JSON.
        """
        limits = Limits(values=self._max_instances * max(10, len(self._names)))
        try:
            check_items(body[: int(head_length[:18])] if head_length and head_length.isdecimal() else body, limits)
        except ProtocolError:
            reason = f"got JSON of more than {2 * limits.values} values; {self._max_instances} instances are the limit"
            raise malformed_request(reason) from None

    def read_v1(self, body: object) -> EnrichmentRequest:
        """Read a V1 body, parsed by the server or not."""
        if isinstance(body, bytes):
            size = len(body)
            try:
                body = orjson.loads(body)
            except ValueError as error:
                raise malformed_request(f"got {size} bytes that are not JSON ({error})") from None
        if type(body) is not dict:
            raise malformed_request(f"got {type(body).__name__}; {self._expected}")
        instances = body.get("instances", body.get("inputs"))
        if type(instances) is not list:
            raise malformed_request(f"got no list of `instances`; {self._expected}")
        self._check_count(len(instances))
        parameters = body.get("parameters") or {}
        if type(parameters) is not dict:
            raise malformed_request("got `parameters` that are no object")
        members = {name: value for name, value in body.items() if name not in _MEMBERS}
        rows = [self._row(index, instance) for index, instance in enumerate(instances)]
        return self._request(rows, parameters, members=members)

    def read_v2(self, origin: Any, parameters: Mapping[str, Any]) -> EnrichmentRequest:  # noqa: ANN401 - kserve's
        """Read the tensors of an ``InferRequest``, HTTP or gRPC."""
        self._check_count(count_instances(origin))
        columns = read_columns(origin.inputs, self._columns, self._names)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return self._request(rows, parameters, origin=origin)

    def _row(self, index: int, instance: object) -> Mapping[str, Any]:
        if type(instance) is dict:
            return instance
        values = instance if type(instance) is list else [instance]
        if len(values) != len(self._columns):
            raise malformed_request(f"instance {index} has {len(values)} values; {self._expected}")
        return dict(zip(self._columns, values, strict=True))

    def _request(
        self,
        rows: Sequence[Mapping[str, Any]],
        parameters: Mapping[str, Any],
        **others: Any,  # noqa: ANN401 - members of a request
    ) -> EnrichmentRequest:
        shared = {name: value for name, value in parameters.items() if name in self._features}
        own = {name: value for name, value in parameters.items() if name != ENRICHMENT_PARAMETER}
        ids, passed_features = [], []
        for index, row in enumerate(rows):
            if not self._names.issuperset(row):
                unknown = next(name for name in row if name not in self._names)
                raise malformed_request(f"instance {index} has {unknown!r}; {self._expected}")
            for name in self._required:
                if name not in row and name not in shared:
                    raise malformed_request(f"instance {index} has no {name!r}; {self._expected}")
            ids.append({name: _entity_id(index, name, row, shared) for name in self._ids})
            features = {name: value for name, value in row.items() if name in self._features}
            passed_features.append(self._optional | features if self._optional else features)
        return EnrichmentRequest(ids, passed_features, shared, own, **others)

    def _check_count(self, count: int) -> None:
        if count > self._max_instances:
            raise malformed_request(f"got {count} instances; {self._max_instances} is the limit")


def _entity_id(index: int, name: str, row: Mapping[str, Any], shared: Mapping[str, Any]) -> Value:
    value = row[name] if name in row else shared[name]
    if type(value) is float and value.is_integer():
        return int(value)
    if value is None or (isinstance(value, (int, str)) and not isinstance(value, bool)):
        return value
    raise malformed_request(f"instance {index} has {name}={value!r:.80}; expected a whole number or a string")
