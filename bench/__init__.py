"""What sparkmon costs, measured; see ``bench/README.md``."""
