"""``python -m sparkmon`` is the command ``sparkmon``."""

from sparkmon.cli import main

main()
