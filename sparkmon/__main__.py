"""``python -m sparkmon`` and the command ``sparkmon``."""

import sys

from sparkmon.errors import MissingExtraError


def main() -> None:
    """Run the command line, or say what to install for it."""
    try:
        from sparkmon.cli import main as command
        from sparkmon.cli.open_tables import spare_pandas
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("sparkmon"):
            raise
        sys.exit(f"sparkmon: {MissingExtraError.of(error.name, 'all')}")
    spare_pandas(sys.argv[1:])
    command()


if __name__ == "__main__":
    main()
