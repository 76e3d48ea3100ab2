"""The settings of a transformer: each is an option of its command line, checked before it starts."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf, isfinite
from typing import Any

import orjson

from sparkmon.errors import OptionError
from sparkmon.store.online import FeatureValue

_POLICIES = ("error", "null", "default")


def _option(
    default: object, text: str = "", low: float = -inf, high: float = inf, *, choices: tuple[str, ...] = ()
) -> Any:  # noqa: ANN401 - a dataclass field stands for its value
    """Make a setting; one without a text is an option of kserve's own."""
    return field(default=default, metadata={"text": text, "low": low, "high": high, "choices": choices})


@dataclass(frozen=True, slots=True)
class TransformerSettings:
    """How entity ids become vectors, what happens if the store has no row, and where the predictor is.

    A value that is out of its range is an OptionError.

    >>> TransformerSettings(on_missing="default", defaults={"mean_amount": 0.0}).on_store_failure
    'error'
    >>> TransformerSettings(on_missing="ignore")
    Traceback (most recent call last):
    ...
    sparkmon.errors.OptionError: [SPARKMON_OPTION] got on_missing='ignore'; expected error, null or default
    """

    store_timeout_ms: int = _option(100, "Time-out of one lookup, from its start.", 1, 600_000)
    store_connections: int = _option(8, "Concurrent lookups; more wait.", 1, 10_000)
    on_missing: str = _option(
        "null",
        "What to do if a key has no row: answer 404 with group and key, send nulls, or send --default.",
        choices=_POLICIES,
    )
    on_store_failure: str = _option(
        "error",
        "What to do if the store fails or is late: answer 503, or treat all keys as missing.",
        choices=_POLICIES,
    )
    defaults: Mapping[str, FeatureValue] = field(default_factory=dict)
    """Feature to its value if its row is missing or the request does not pass it; others are null."""
    max_in_flight: int = _option(256, "Concurrent requests; others get 503.", 1, 100_000)
    max_instances: int = _option(10_000, "Instances in one request; else it gets 400.", 1, 10**6)
    max_body_bytes: int = _option(
        16 * 2**20,
        "Bytes of one request's body; else it gets 413. Sixteen such bodies are kept in memory at once.",
        *(1, 10**9),
    )
    grpc_max_receive_message_length: int = _option(16 * 2**20, "", 1, 10**9)
    """As ``max_body_bytes``, of calls over gRPC."""
    grpc_max_send_message_length: int = _option(64 * 2**20, "", 1, 10**9)
    max_connections: int = _option(1000, "HTTP connections, and gRPC calls, at once; others are refused.", 1, 10**5)
    request_seconds: float = _option(30.0, "Time for a request to arrive; else 408.", 0.1, 3600)
    circuit_failures: int = _option(5, "Consecutive failures that stop calls to the store or the predictor.", 1, 10**6)
    circuit_open_ms: int = _option(1000, "How long such calls stop.", 1, 3_600_000)
    predictor_host: str = _option("")
    """``host`` or ``host:port``."""
    predictor_protocol: str = _option("v1", choices=("v1", "v2", "grpc-v2"))
    """Independent of the caller's protocol."""
    predictor_use_ssl: bool = _option(False)
    predictor_request_retries: int = _option(0, "", 0, 100)
    """Further calls of a predictor that cannot be reached, with growing pauses from 0.1 to 2 s."""
    predictor_request_timeout_seconds: float = _option(60, "", 0.001, 86_400)
    """Time-out of one call, including the connection."""
    enable_predictor_health_check: bool = _option(False)
    """Whether the transformer is ready only if the predictor is."""
    predictor_layout: str = _option(
        "vectors",
        "vectors: an instance is a list of values, a V2 request one tensor of all. columns: an instance is an object, "
        "a V2 request has a tensor per feature, as V2 always has for features that are not all numbers.",
        choices=("vectors", "columns"),
    )
    predictor_binary: bool = _option(False, "V2 tensors over HTTP as bytes after the JSON.")
    enrichment_notes: bool = _option(True, "Put lookups into the predictor's log.")

    def __post_init__(self) -> None:
        for each in _OPTIONS:
            value, choices = getattr(self, each.name), each.metadata["choices"]
            low, high = each.metadata["low"], each.metadata["high"]
            if choices and value not in choices:
                raise OptionError.malformed(each.name, value, f"{', '.join(choices[:-1])} or {choices[-1]}")
            if not choices and not isinstance(value, str) and not low <= value <= high:
                raise OptionError.malformed(each.name, value, f"{low:g} to {high:g}")


_OPTIONS = tuple(each for each in fields(TransformerSettings) if each.metadata)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting to a parser that has kserve's."""
    for each in _OPTIONS:
        if each.metadata["text"]:
            parser.add_argument(
                f"--{each.name}",
                type=flag if type(each.default) is bool else type(each.default),
                choices=each.metadata["choices"] or None,
                help=each.metadata["text"],
            )
    parser.add_argument(
        *("--default",),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="A feature's value if its row is missing or the request does not pass it; may be repeated.",
    )
    parser.set_defaults(**{each.name: each.default for each in _OPTIONS})


def settings_of(args: argparse.Namespace) -> TransformerSettings:
    """Return the settings that parsed arguments describe; OptionError if one is out of its range."""
    options = {each.name: getattr(args, each.name) for each in _OPTIONS}
    return TransformerSettings(defaults=parse_defaults(args.default), **options)


def flag(text: str) -> bool:
    """Read the value of an option that is on or off."""
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"got {text!r}; expected true or false")


def parse_defaults(texts: list[str]) -> dict[str, Any]:
    """Read ``name=value`` texts; a value that is not JSON is text. OptionError: no name, or no finite number.

    >>> parse_defaults(["amount=3", "country=DK", 'zip="0800"', "limit=null"])
    {'amount': 3, 'country': 'DK', 'zip': '0800', 'limit': None}
    """
    defaults = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise OptionError.malformed("default", text, "name=value")
        try:
            defaults[name] = orjson.loads(value)
        except ValueError:
            defaults[name] = value
        if isinstance(defaults[name], float) and not isfinite(defaults[name]):
            raise OptionError.malformed("default", text, "a number that a double holds")
    return defaults
