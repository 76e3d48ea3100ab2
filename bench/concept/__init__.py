"""How soon a model that got worse is found, next to other detectors: ``make bench-concept``."""
