"""The command line."""

from sparkmon.cli.app import app, main

__all__ = ["app", "main"]
