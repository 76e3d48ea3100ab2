"""``python -m sparkmon.serving.transformer``: a kserve transformer that looks features up in the feature store.

The flags are kserve's own and those below; an InferenceService passes ``--model_name``, ``--predictor_host``,
``--http_port`` and ``--workers`` by itself.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from sparkmon.errors import MissingExtraError, SparkmonError

try:
    from kserve import model_server
except ImportError as error:
    raise MissingExtraError.of("kserve", "serving") from error

from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from sparkmon.payload_logger import EventEmitter, PayloadLogger
from sparkmon.payload_logger.emitter_metrics import EmitterMetrics
from sparkmon.secret import Secret
from sparkmon.serving.admission_middleware import AdmissionMiddleware
from sparkmon.serving.feature_transformer import FeatureTransformer
from sparkmon.serving.server import Middleware, serve
from sparkmon.serving.settings import EnrichmentSettings, PredictorSettings, parse_defaults
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView
from sparkmon.store.open import open_store

# The store's own time-out is a plain clock: it is longer than --store_timeout_ms, which allows for a busy loop.
_MAX_LOOKUP_S = 30.0
_SETTINGS = tuple(each.name for each in fields(EnrichmentSettings) if each.name != "defaults")
_SERVER_OPTIONS = (
    *("host", "http_port", "access_log", "access_log_format", "enable_latency_logging"),
    *("workers", "max_threads", "max_asyncio_workers", "event_loop", "timeout_keep_alive"),
    *("ssl_certfile", "ssl_keyfile"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a transformer until SIGTERM; an error is printed, and the exit status is 2."""
    parser = argument_parser()
    args = parser.parse_args(arguments)
    try:
        transformer = make_transformer(args)
        serve(
            [transformer],
            grpc_port=args.grpc_port if args.enable_grpc else None,
            middleware=_middleware(args, transformer),
            ready=transformer.is_ready,
            **{name: getattr(args, name) for name in _SERVER_OPTIONS},
        )
    except SparkmonError as error:
        parser.error(str(error))


def make_transformer(args: argparse.Namespace) -> FeatureTransformer:
    """Return the transformer that parsed arguments describe; reads the view's definition from the store.

    Raises
    ------
    OptionError
        An argument is out of its range.
    StoreError
        The store cannot be read, or has no such view.
    """
    enrichment = EnrichmentSettings(
        defaults=parse_defaults(args.default), **{name: getattr(args, name) for name in _SETTINGS}
    )
    predictor = PredictorSettings(
        host=args.predictor_host or "",
        protocol=args.predictor_protocol,
        use_ssl=args.predictor_use_ssl,
        timeout_s=args.predictor_request_timeout_seconds,
        connections=args.max_in_flight,
        layout=args.predictor_layout,
        binary=args.predictor_binary,
        check_health=args.enable_predictor_health_check,
    )
    view = open_store(args.store).read_view(args.feature_view, args.feature_view_version)
    opener = partial(_open_view, args.store, view, args.store_connections)
    return FeatureTransformer(
        *(args.model_name, view, opener, enrichment, predictor), max_in_flight=args.max_in_flight
    )


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of kserve's flags and the transformer's."""
    parser = argparse.ArgumentParser(
        prog="python -m sparkmon.serving.transformer",
        description="Add features by entity id, and call a KServe predictor.",
        parents=[model_server.parser],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    policies = ("error", "null", "default")
    add("--host", default="0.0.0.0", help="Address to listen on, HTTP and gRPC.")
    add("--store", required=True, help="The feature store: a directory, or mysql://USER@HOST/DB.")
    add("--feature_view", required=True, help="The feature view's name.")
    add("--feature_view_version", type=int, default=1, help="The feature view's version.")
    add("--store_timeout_ms", type=int, help="Time-out of one lookup.")
    add("--store_connections", type=int, help="Concurrent lookups.")
    add("--on_missing", choices=policies, help="What to do if a key has no row.")
    add("--on_store_failure", choices=policies, help="What to do if the store fails or is late.")
    add(
        *("--default",),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="A feature's value if its row is missing; may be repeated.",
    )
    add("--max_in_flight", type=int, default=256, help="Concurrent requests; others get 503.")
    add("--max_instances", type=int, help="Instances in one request.")
    add("--max_body_bytes", type=int, default=16 * 2**20, help="Bytes of one request's body.")
    add("--circuit_failures", type=int, help="Consecutive failures that stop calls to a server.")
    add("--circuit_open_ms", type=int, help="How long such calls stop.")
    add(
        *("--predictor_layout",),
        choices=("vectors", "columns"),
        default="vectors",
        help="Lists and one tensor, or objects and a tensor per feature.",
    )
    add("--predictor_binary", type=_flag, default=False, help="V2 tensors as bytes over HTTP.")
    add("--enrichment_notes", type=_flag, help="Put lookups into the predictor's log.")
    add("--access_log", type=_flag, default=False, help="Log and time each request.")
    add("--log_url", default=None, help="Where to post payload events, as KServe's agent does.")
    add("--log_mode", choices=("all", "request", "response"), default="all", help="Which events.")
    add("--log_token_file", default=None, help="A file with the bearer token for --log_url.")
    usual = EnrichmentSettings()
    parser.set_defaults(
        enable_latency_logging=False,
        predictor_request_timeout_seconds=60,
        **{name: getattr(usual, name) for name in _SETTINGS},
    )
    return parser


def _middleware(args: argparse.Namespace, transformer: FeatureTransformer) -> list[Middleware]:
    middleware: list[Middleware] = [
        partial(AdmissionMiddleware, transformer=transformer, max_body_bytes=args.max_body_bytes)
    ]
    if args.log_url:
        options = (args.log_url, args.log_token_file, args.log_mode, args.model_name)
        middleware.append(partial(_with_payload_logger, *options))
    return middleware


def _with_payload_logger(
    url: str,
    token_file: str | None,
    mode: Any,  # noqa: ANN401 - a choice
    model_name: str,
    app: ASGIApp,
) -> ASGIApp:
    # The emitter belongs to the worker's own process, and so do its metrics.
    emitter = EventEmitter(url, token=None if token_file is None else Secret(file=token_file))
    REGISTRY.register(EmitterMetrics(emitter))
    return PayloadLogger(
        app,
        emitter=emitter,
        mode=mode,
        inference_service=model_name,
        component="transformer",
        metadata_headers=("X-Request-Id",),
    )


def _open_view(store: str, view: FeatureView, connections: int) -> OnlineView:
    return open_store(store).open_view(view, timeout_s=_MAX_LOOKUP_S, connections=connections)


def _flag(text: str) -> bool:
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"got {text!r}; expected true or false")


if __name__ == "__main__":
    logging.getLogger("sparkmon").setLevel(logging.INFO)
    main()
