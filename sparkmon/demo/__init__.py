"""The demonstration: real flights posted as KServe logger events, an upstream fault, and the alerts that tell of it."""

from sparkmon.demo.play import Play, play

__all__ = ["Play", "play"]
