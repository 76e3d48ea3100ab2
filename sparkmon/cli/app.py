"""The command ``sparkmon``: one file per subcommand, and errors printed as sentences."""

import sys

import typer

from sparkmon import __version__
from sparkmon.cli.alerts import alerts
from sparkmon.cli.attributions import attributions
from sparkmon.cli.clients import clients
from sparkmon.cli.compare import compare
from sparkmon.cli.dashboard import dashboard
from sparkmon.cli.demo import demo
from sparkmon.cli.explain import explain
from sparkmon.cli.findings import findings
from sparkmon.cli.incidents import incidents
from sparkmon.cli.init import init
from sparkmon.cli.labels import labels
from sparkmon.cli.maintain import maintain
from sparkmon.cli.plan import plan
from sparkmon.cli.profile import profile
from sparkmon.cli.receive import receive
from sparkmon.cli.report import report
from sparkmon.cli.run import RunCommand, run
from sparkmon.cli.send import send
from sparkmon.cli.status import status
from sparkmon.cli.validate import validate
from sparkmon.cli.watch import watch
from sparkmon.errors import SparkmonError

app = typer.Typer(
    help="Monitor models that KServe serves: drift of live traffic against training data, on Apache Spark.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COMMANDS = (
    *(demo, init, profile, validate, plan, receive, send, clients, labels, attributions, compare, maintain),
    *(status, incidents, explain, findings, watch, dashboard, report),
)
for command in _COMMANDS:
    app.command()(command)
app.command(cls=RunCommand)(run)
app.add_typer(alerts, name="alerts")


def _version(is_set: bool) -> None:
    if is_set:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Take the options that stand before a subcommand."""


def main() -> None:
    """Run the command line; a refusal is one line on standard error and exit status 2."""
    try:
        app()
    except (SparkmonError, OSError) as error:
        print(f"sparkmon: {error}", file=sys.stderr)
        sys.exit(2)
