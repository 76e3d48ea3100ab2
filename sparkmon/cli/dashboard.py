"""``sparkmon dashboard``: pages of what a monitor's tables show."""

from typing import Annotated, Any

from sparkmon.cli.open_tables import location_of, open_tables
from sparkmon.cli.options import ReferenceName, StorePlace, TablesPlace, Texts, option
from sparkmon.cli.terminal import note
from sparkmon.errors import MissingExtraError
from sparkmon.secret import Secret


def _access(text: str, *names: str) -> Any:  # noqa: ANN401 - typer's
    return option(text, *names, rich_help_panel="Access")


def dashboard(
    tables: TablesPlace,
    store: StorePlace = None,
    reference: ReferenceName = None,
    host: Annotated[str, option("Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, option("Port to listen on; 0 takes a free one.")] = 8081,
    write: Annotated[bool, _access("Let people acknowledge and silence incidents.", "--write")] = False,
    token_file: Annotated[
        str | None, _access("File with the password that browsers ask for; the user's name is free, and recorded.")
    ] = None,
    token_env: Annotated[str | None, _access("Environment variable with that password.")] = None,
    user_header: Annotated[
        str | None, _access("Header in which a reverse proxy names the user, such as X-Forwarded-User.")
    ] = None,
    hostname: Annotated[Texts, _access("A name under which browsers reach it; may be repeated.")] = None,
) -> None:
    """Serve a page of incidents, models, columns and windows, which renews itself as windows close.

    It reads the tables of a monitor, on this machine or another, without
    Spark unless they are in a catalog. Nothing is loaded from elsewhere. Without --write nothing can be
    changed. Ctrl-C stops it.

    Example: sparkmon dashboard monitor.yaml
    """
    try:
        from sparkmon.cli.open_references import open_references, references_place
        from sparkmon.dashboard.app import serve
        from sparkmon.dashboard.settings import DashboardSettings
    except ImportError as error:
        raise MissingExtraError.of(str(error.name), "dashboard") from error
    place, name = references_place(tables, store, reference)
    settings = DashboardSettings(
        tables=location_of(tables),
        store=place,
        reference=name,
        host=host,
        port=port,
        write=write,
        token=None if token_file is None and token_env is None else Secret(env=token_env, file=token_file),
        user_header=user_header,
        hostnames=tuple(hostname or ()),
    )
    if settings.store is not None:
        open_references(settings.store, name)  # a store that does not answer is known before the first page
    with open_tables(tables) as opened:
        serve(settings, lambda address: note(f"the dashboard is at {address}; Ctrl-C stops it"), opened)
