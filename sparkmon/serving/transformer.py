"""``python -m sparkmon.serving.transformer``: a kserve transformer that looks features up in the feature store.

The flags are kserve's own and those below; an InferenceService passes ``--model_name``, ``--predictor_host``,
``--http_port`` and ``--workers`` by itself.
"""

import argparse
import logging
from collections.abc import Sequence
from functools import partial

from sparkmon.errors import MissingExtraError, OptionError, SparkmonError

try:
    from kserve import model_server
except ImportError as error:
    raise MissingExtraError.of("kserve", "serving") from error

from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from sparkmon.inbound import BodyRoom
from sparkmon.inbound.grpc_messages import MessageRoom
from sparkmon.payload_logger import EventEmitter, PayloadLogger
from sparkmon.payload_logger.emitter_metrics import EmitterMetrics
from sparkmon.secret import Secret
from sparkmon.serving.admission_middleware import BODIES, AdmissionMiddleware
from sparkmon.serving.feature_transformer import FeatureTransformer
from sparkmon.serving.server import Middleware, serve
from sparkmon.serving.settings import add_options, flag, settings_of
from sparkmon.store.open import open_online_store

# The store's own time-out is a plain clock: it is longer than --store_timeout_ms, which allows for a busy loop.
_MAX_LOOKUP_S = 30.0
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
        settings = settings_of(args)
        if not settings.predictor_host:
            raise OptionError.missing("predictor_host", "the predictor's host:port")
        store = open_online_store(args.store)
        view = store.read_view(args.feature_view, args.feature_view_version)
        opener = partial(store.open_view, view, timeout_s=_MAX_LOOKUP_S, connections=settings.store_connections)
        transformer = FeatureTransformer(args.model_name, view, opener, settings)
        most = settings.grpc_max_receive_message_length
        room = MessageRoom(BodyRoom(BODIES * most, most), settings.request_seconds, transformer.count_refusal)
        middleware: list[Middleware] = [partial(AdmissionMiddleware, transformer, args.max_body_bytes)]
        if args.log_url:
            middleware.append(partial(_with_payload_logger, args))
        serve(
            [transformer],
            grpc_port=args.grpc_port if args.enable_grpc else None,
            middleware=middleware,
            ready=transformer.is_ready,
            connections=transformer.connections,
            interceptors=[room],
            grpc_options={
                "grpc.max_receive_message_length": most,
                "grpc.max_send_message_length": settings.grpc_max_send_message_length,
                "grpc.max_concurrent_streams": settings.max_in_flight,
                "grpc.max_allowed_incoming_connections": settings.max_connections,
                "grpc.max_connection_idle_ms": int(settings.request_seconds * 1000),
                "grpc.server_handshake_timeout_ms": int(settings.request_seconds * 1000),
                "grpc.http2.bdp_probe": 0,  # takes more than 64 KiB of a message that is not read
            },
            max_calls=settings.max_connections,
            **{name: getattr(args, name) for name in _SERVER_OPTIONS},
        )
    except SparkmonError as error:
        parser.error(str(error))


def argument_parser() -> argparse.ArgumentParser:
    """Return the parser of kserve's flags and the transformer's."""
    parser = argparse.ArgumentParser(
        prog="python -m sparkmon.serving.transformer",
        description="Add features by entity id, and call a KServe predictor.",
        parents=[model_server.parser],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="0.0.0.0", help="Address to listen on, HTTP and gRPC.")
    add("--store", required=True, help="The feature store: a directory, mysql://USER@HOST/DB, or feast:///DIRECTORY.")
    add("--feature_view", required=True, help="The feature view's name.")
    add("--feature_view_version", type=int, default=1, help="The feature view's version.")
    add_options(parser)
    add("--access_log", type=flag, default=False, help="Log and time each request.")
    add("--log_url", default=None, help="Where to post payload events, as KServe's agent does.")
    add("--log_mode", choices=("all", "request", "response"), default="all", help="Which events.")
    add("--log_token_file", default=None, help="A file with the bearer token for --log_url.")
    parser.set_defaults(enable_latency_logging=False)
    return parser


def _with_payload_logger(args: argparse.Namespace, app: ASGIApp) -> ASGIApp:
    # The emitter belongs to the worker's own process, and so do its metrics.
    token = None if args.log_token_file is None else Secret(file=args.log_token_file)
    emitter = EventEmitter(args.log_url, token=token)
    REGISTRY.register(EmitterMetrics(emitter))
    return PayloadLogger(
        app,
        emitter=emitter,
        mode=args.log_mode,
        inference_service=args.model_name,
        component="transformer",
        metadata_headers=("X-Request-Id",),
    )


if __name__ == "__main__":
    logging.getLogger("sparkmon").setLevel(logging.INFO)
    main()
