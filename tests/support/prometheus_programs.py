"""The programs of Prometheus and its Alertmanager: those that are installed, else those that were fetched."""

import shutil
from pathlib import Path

__all__ = ["program"]

FETCHED = Path(__file__).parents[2] / "build" / "alertmanager" / "bin"


def program(*names: str) -> Path | None:
    """Return the path of the first of these programs that there is; ``promtool`` for example."""
    places = [shutil.which(name) or shutil.which(name, path=str(FETCHED)) for name in names]
    return next((Path(place) for place in places if place is not None), None)
