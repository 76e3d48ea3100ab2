"""``python -m sparkmon.serving.transformer``: kserve's transformer that looks features up.

The flags are kserve's own and those below; an InferenceService gives ``--model_name``, ``--predictor_host``,
``--http_port`` and ``--workers`` by itself.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from sparkmon.errors import MissingExtraError, SparkmonError

try:
    from kserve import model_server
except ImportError as error:
    raise MissingExtraError.of("kserve", "serving") from error

from starlette.types import ASGIApp

from sparkmon.payload_logger import EventEmitter, PayloadLogger
from sparkmon.secret import Secret
from sparkmon.serving.feature_transformer import FeatureTransformer
from sparkmon.serving.front_door import FrontDoor
from sparkmon.serving.server import Middleware, serve
from sparkmon.serving.settings import EnrichmentSettings, PredictorSettings, parse_defaults
from sparkmon.store.feature_view import FeatureView
from sparkmon.store.online import OnlineView
from sparkmon.store.open import open_store

__all__ = ["argument_parser", "main", "make_transformer"]

# The store's own time-out goes by the clock, so it stays behind --store_timeout_ms, which allows for a busy loop.
_LONGEST_LOOKUP_S = 30.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a transformer until SIGTERM; an error is printed and the status is 2."""
    parser = argument_parser()
    told = parser.parse_args(arguments)
    try:
        transformer = make_transformer(told)
        serve(
            [transformer],
            host=told.host,
            http_port=told.http_port,
            grpc_port=told.grpc_port if told.enable_grpc else None,
            middleware=_middleware(told, transformer),
            ready=transformer.is_ready,
            access_log=told.access_log,
            workers=told.workers,
            max_threads=told.max_threads,
            max_asyncio_workers=told.max_asyncio_workers,
            enable_latency_logging=told.enable_latency_logging,
            access_log_format=told.access_log_format,
            event_loop=told.event_loop,
            timeout_keep_alive=told.timeout_keep_alive,
            ssl_certfile=told.ssl_certfile,
            ssl_keyfile=told.ssl_keyfile,
        )
    except SparkmonError as error:
        parser.error(str(error))


def make_transformer(told: argparse.Namespace) -> FeatureTransformer:
    """Return the transformer that the parsed arguments ask for; reads the view's definition from the store.

    Raises
    ------
    OptionError
        An argument is out of its range.
    StoreError
        The store cannot be read, or has no such view.
    """
    enrichment = EnrichmentSettings(
        on_missing=told.on_missing,
        defaults=parse_defaults(told.default),
        on_store_failure=told.on_store_failure,
        enrichment_notes=told.enrichment_notes,
        max_instances=told.max_instances,
        store_timeout_ms=told.store_timeout_ms,
        lookups=told.store_connections,
        circuit_failures=told.circuit_failures,
        circuit_open_ms=told.circuit_open_ms,
    )
    predictor = PredictorSettings(
        host=told.predictor_host or "",
        protocol=told.predictor_protocol,
        use_ssl=told.predictor_use_ssl,
        timeout_s=told.predictor_request_timeout_seconds,
        connections=told.max_in_flight,
        layout=told.predictor_layout,
        binary=told.predictor_binary,
        check_health=told.enable_predictor_health_check,
    )
    view = open_store(told.store).read_view(told.feature_view, told.feature_view_version)
    opener = partial(_open_view, told.store, view, told.store_connections)
    return FeatureTransformer(
        told.model_name,
        view,
        opener,
        enrichment,
        predictor,
        max_in_flight=told.max_in_flight,
    )


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of kserve's flags and the transformer's."""
    parser = argparse.ArgumentParser(
        prog="python -m sparkmon.serving.transformer",
        description="Look features up by entity id and ask a KServe predictor.",
        parents=[model_server.parser],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="0.0.0.0", help="Address to listen on, HTTP and gRPC.")
    add("--store", required=True, help="The feature store: a directory, or mysql://USER@HOST/DB.")
    add("--feature_view", required=True, help="The view's name.")
    add("--feature_view_version", type=int, default=1, help="Its version.")
    add("--store_timeout_ms", type=int, default=100, help="For one lookup.")
    add("--store_connections", type=int, default=8, help="Lookups at once.")
    policies = ("error", "null", "default")
    add("--on_missing", choices=policies, default="null", help="What a key without a row gives.")
    add(
        *("--on_store_failure",),
        choices=policies,
        default="error",
        help="What a store that fails or is late gives.",
    )
    add(
        *("--default",),
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="A feature's value where its row is missing; may be repeated.",
    )
    add("--max_in_flight", type=int, default=256, help="More requests get 503 at once.")
    add("--max_instances", type=int, default=10_000, help="In one request.")
    add("--max_body_bytes", type=int, default=16 * 2**20, help="Of one request.")
    add("--circuit_failures", type=int, default=5, help="In a row, and a server is left alone ...")
    add("--circuit_open_ms", type=int, default=1000, help="... for so long.")
    add(
        *("--predictor_layout",),
        choices=("vectors", "columns"),
        default="vectors",
        help="Lists and one tensor, or objects and a tensor per feature.",
    )
    add("--predictor_binary", type=_flag, default=False, help="V2 tensors as bytes over HTTP.")
    add("--enrichment_notes", type=_flag, default=True, help="Tell the predictor's log of lookups.")
    add("--access_log", type=_flag, default=False, help="Log and time each request.")
    add("--log_url", default=None, help="Post requests and answers there, as KServe's agent does.")
    add("--log_mode", choices=("all", "request", "response"), default="all", help="Which of them.")
    add("--log_token_file", default=None, help="A file with the bearer token to send there.")
    parser.set_defaults(enable_latency_logging=False, predictor_request_timeout_seconds=60)
    return parser


def _middleware(told: argparse.Namespace, transformer: FeatureTransformer) -> list[Middleware]:
    middleware: list[Middleware] = [
        partial(FrontDoor, transformer=transformer, max_body_bytes=told.max_body_bytes)
    ]
    if told.log_url:
        middleware.append(
            partial(_logged, told.log_url, told.log_token_file, told.log_mode, told.model_name)
        )
    return middleware


def _logged(
    url: str,
    token_file: str | None,
    mode: Any,  # noqa: ANN401 - a choice
    model_name: str,
    app: ASGIApp,
) -> ASGIApp:
    # The emitter is made where it runs: in the worker's own process.
    return PayloadLogger(
        app,
        emitter=EventEmitter(url, token=None if token_file is None else Secret(file=token_file)),
        mode=mode,
        inference_service=model_name,
        component="transformer",
        metadata_headers=("X-Request-Id",),
    )


def _open_view(store: str, view: FeatureView, connections: int) -> OnlineView:
    return open_store(store).open_view(view, timeout_s=_LONGEST_LOOKUP_S, connections=connections)


def _flag(text: str) -> bool:
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"got {text!r}; expected true or false")


if __name__ == "__main__":
    logging.getLogger("sparkmon").setLevel(logging.INFO)
    main()
