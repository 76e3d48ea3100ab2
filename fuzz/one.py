"""Fuzz one target, or repeat one input: ``python -m fuzz.one TARGET [FILE ...]``.

With files, each is given to the target once, and nothing else is needed. Without, atheris makes inputs until time is
up, and writes one that fails into the folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path

__all__ = ["main"]

_INPUT_S, _MEMORY_MIB = 10, 2048
"""What one input may take."""


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.one", description=__doc__)
    parser.add_argument("target", help="its name")
    parser.add_argument("files", nargs="*", type=Path, help="inputs to repeat")
    parser.add_argument("--seconds", type=int, default=60, help="how long to make inputs")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="for inputs")
    args = parser.parse_args()
    if args.files:
        from fuzz.targets import TARGETS

        for file in args.files:
            TARGETS[args.target].one_input(file.read_bytes())
        print(f"{len(args.files)} inputs, no failure")
    else:
        _fuzz(args.target, args.seconds, args.folder)


def _fuzz(name: str, seconds: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["sparkmon"]):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    corpus, seeds = folder / "corpus" / name, folder / "seeds" / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds.mkdir(parents=True, exist_ok=True)
    target.one_input(b"")  # so that no input is slow by what it is the first to import
    for seed in target.seeds():
        (seeds / sha1(seed).hexdigest()).write_bytes(seed)
    words = folder / f"{name}.dict"
    words.write_text(_dictionary(target.words))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={target.longest}",
        f"-timeout={_INPUT_S}",
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-dict={words}",
        f"-artifact_prefix={folder / name}-",
        "-print_final_stats=1",
        "-use_value_profile=1",
    ]
    # What it finds goes to the first folder; the second is only read.
    atheris.Setup([sys.argv[0], *options, str(corpus), str(seeds)], target.one_input)
    atheris.Fuzz()


def _dictionary(words: Iterable[bytes]) -> str:
    escaped = ("".join(f"\\x{byte:02x}" for byte in word) for word in words)
    return "".join(f'"{word}"\n' for word in escaped)


if __name__ == "__main__":
    main()
