"""Write random pairs of profiles, and every statistic of each, for ScalaTest to compute again.

python -m scripts.make_jvm_golden
"""

import base64
import json
import math
from pathlib import Path
from typing import Any

from sparkmon.functions import compare_profiles
from sparkmon.statistics import STATISTICS
from tests.support.profile_pairs import Profile, random_pairs

GOLDEN = Path(__file__).parents[1] / "scala-stubs/src/test/resources/golden.json"
_PAIRS, _SEED, _GREATEST_K = 40, 18, 60


def golden() -> str:
    """Return the text of the file."""
    pairs = []
    for reference, profile in random_pairs(_SEED, _PAIRS, _GREATEST_K):
        values = {name: compare_profiles(STATISTICS.get(name), reference, profile) for name in STATISTICS}
        numbers = {name: value for name, value in values.items() if not math.isnan(value)}
        pairs.append({"reference": _written(reference), "profile": _written(profile), "values": numbers})
    return "[\n" + ",\n".join(map(json.dumps, pairs)) + "\n]\n"


def _written(profile: Profile) -> dict[str, Any]:
    fields = {name: value for name, value in profile.items() if value is not None}
    if "sketch" in fields:
        fields["sketch"] = base64.b64encode(fields["sketch"]).decode()
    return fields


if __name__ == "__main__":
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_text(golden())
