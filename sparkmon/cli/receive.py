"""``sparkmon receive``: the HTTP endpoint that KServe's logger posts to."""

from dataclasses import fields
from typing import Annotated, Any

import typer

from sparkmon.cli.options import option
from sparkmon.cli.terminal import note
from sparkmon.errors import MissingExtraError
from sparkmon.secret import Secret

_MIB = 2**20


def _access(text: str) -> Any:  # noqa: ANN401 - typer's
    return option(text, rich_help_panel="Access")


def _limit(text: str) -> Any:  # noqa: ANN401 - typer's
    return option(text, rich_help_panel="Limits")


def receive(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="SPOOL", help="Its directory; made if it is not there.")],
    host: Annotated[str, option("Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, option("Port to listen on; 0 takes a free one.")] = 8080,
    token_file: Annotated[
        str | None,
        _access(
            "File with the bearer token that senders must show; read anew when it changes, two lines are "
            "the new one and the old. Without it anybody may post."
        ),
    ] = None,
    token_env: Annotated[str | None, _access("Environment variable with that token.")] = None,
    tls_cert: Annotated[str | None, _access("Certificate chain, PEM: HTTPS alone is spoken.")] = None,
    tls_key: Annotated[str | None, _access("Its key, PEM without a password.")] = None,
    tls_client_ca: Annotated[
        str | None, _access("Authorities, PEM: senders must show a certificate that one of them signed.")
    ] = None,
    limit_gib: Annotated[
        float, option("Size of the spool, GiB; beyond it the oldest events go, first those that were read.")
    ] = 10.0,
    max_event_mib: Annotated[int, option("Largest event, MiB; a larger one is refused with 413.")] = 16,
    max_events_per_second: Annotated[float, _limit("From all senders; more are refused with 429. 0: no limit.")] = 0.0,
    max_client_events_per_second: Annotated[
        float, _limit("From one address; more are refused with 429. 0: no limit.")
    ] = 0.0,
    max_clients: Annotated[int, _limit("Addresses remembered for this.")] = 10_000,
    max_connections: Annotated[int, _limit("Connections at once; more get 503.")] = 1000,
    max_headers: Annotated[int, _limit("Headers in one request; more get 431.")] = 256,
    max_header_kib: Annotated[int, _limit("Head of one request, KiB; more gets 431.")] = 256,
    request_seconds: Annotated[float, _limit("How long a request may take to come; then 408.")] = 30.0,
    keep_alive_seconds: Annotated[
        int, _limit("How long an idle connection stays; longer than senders keep theirs.")
    ] = 120,
    pair_seconds: Annotated[
        float, option("Store a response together with its request if it comes so soon; 0: never.")
    ] = 0.0,
    retention_days: Annotated[float, option("Remove segments that are older than this.")] = 7.0,
) -> None:
    """Receive KServe logger events over HTTP and keep them in a spool.

    An event is answered with 202 once it is on disk. Point the logger of an
    InferenceService at it (spec.predictor.logger.url: http://HOST:PORT/),
    and read the spool with `sparkmon run`, or in Python with
    spark.readStream.format("kserve").load(PATH).

    Example: sparkmon receive spool --port 8080
    """
    try:
        from sparkmon.receiver.app import serve
        from sparkmon.receiver.settings import ReceiverSettings
    except ImportError as error:
        raise MissingExtraError.of(str(error.name), "receiver") from error
    same = {each.name: context.params[each.name] for each in fields(ReceiverSettings) if each.name in context.params}
    settings = ReceiverSettings(
        token=None if token_file is None and token_env is None else Secret(env=token_env, file=token_file),
        max_event_bytes=max_event_mib * _MIB,
        max_pending_bytes=max(192, 4 * max_event_mib) * _MIB,
        max_header_bytes=max_header_kib * 1024,
        limit_bytes=round(limit_gib * 2**30),
        retention_seconds=retention_days * 86400,
        **same,
    )
    scheme = "http" if settings.tls_cert is None else "https"

    def report(port: int) -> None:
        note(f"set spec.predictor.logger.url of the InferenceService to {scheme}://HOST:{port}/")
        note(f"or try it without KServe: sparkmon send TABLE --as MODEL --to {scheme}://{settings.host}:{port}/")
        note(f"read it with sparkmon run monitor.yaml, whose source is {{format: kserve, path: {settings.path}}}")

    serve(settings, report)
