"""The command line."""

from sparkmon.cli.app import app as app, main as main
