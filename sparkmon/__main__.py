"""``python -m sparkmon`` and the command ``sparkmon``."""

import sys

from sparkmon.errors import MissingExtraError

_EXTRAS = {"pyspark": "spark", "pandas": "spark", "delta": "delta", "sklearn": "explain"}
"""The extras of packages that verbs import wherever they come to need them."""
_EXTRAS_OF_VERBS = {"receive": "receiver", "dashboard": "dashboard", "report": "dashboard", "demo": "demo"}
"""The extras of verbs that need more than the others, or less."""


def main() -> None:
    """Run the command line, or say what to install for it."""
    try:
        from sparkmon.cli import main as command
        from sparkmon.cli.open_tables import spare_pandas

        spare_pandas(sys.argv[1:])
        command()
    except ModuleNotFoundError as error:
        package = (error.name or "sparkmon").partition(".")[0]
        if package == "sparkmon":
            raise
        extra = _EXTRAS.get(package) or _EXTRAS_OF_VERBS.get("".join(sys.argv[1:2]), "cli")
        print(f"sparkmon: {MissingExtraError.of(package, extra)}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
