"""What a client does that honest ones do not, in words."""

from collections.abc import Collection

from sparkmon.adversaries.statistic import CLIENT_STATISTICS, Limit

_PHRASES = {
    "similarity": "its rows are closer to each other",
    "sweep": "it changes one column at a time",
    "low_margin_share high": "it stays where the model is unsure",
    "low_margin_share low": "it keeps away from where the model is unsure",
    "label_changes high": "its labels change more often",
    "label_changes low": "its labels change less often",
    "variance_ratio high": "its rows vary more",
    "variance_ratio low": "its rows vary less",
    "out_of_distribution": "its rows are rare or made up",
    "label": "it gets other labels",
    "path": "it goes from row to row in another way",
}
"""By group, or by a statistic and the side on which it fires."""
_LIKE = (
    (
        {"similarity", "boundary"},
        "HopSkipJump, Boundary, ZOO or line searches, which look for another label near a row",
    ),
    (
        {"sweep"},
        "a line search, ZOO or the inference of an attribute, which change one column after another",
    ),
    ({"boundary"}, "attacks that keep their rows apart so as not to be found, or made-up rows that copy the model"),
    ({"out_of_distribution"}, "made-up rows that copy the model"),
    ({"similarity"}, "noise around the same rows, which tells whether the model was trained on them"),
)


def describe(fired: Collection[tuple[str, Limit]]) -> str:
    """Describe an attack by the statistics that fire, each with the limit that it is beyond.

    Examples
    --------
    >>> print(describe([("surprise_median", "high")]))
    compared with honest clients, its rows are rare or made up; like made-up rows that copy the model
    """
    groups = {CLIENT_STATISTICS.get(name).group for name, _ in fired}
    names = {*groups, *(f"{name} {limit}" for name, limit in fired)}
    phrases = [phrase for name, phrase in _PHRASES.items() if name in names]
    phrases += sorted(groups.difference(_PHRASES, ("boundary", "spread")))
    like = next((name for needed, name in _LIKE if needed <= groups), "copying the model with many rows")
    return f"compared with honest clients, {', '.join(phrases)}; like {like}"
