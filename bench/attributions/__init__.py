"""Attributions next to TreeSHAP: ``make bench-attributions``."""
