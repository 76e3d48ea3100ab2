"""What a client does that honest ones do not, in words."""

from collections.abc import Collection

_PHRASES = {
    "similarity": "its rows are closer to each other",
    "sweep": "it changes one column at a time",
    "boundary": "it stays at the model's boundary, or far from it",
    "spread": "its rows vary less, or more",
    "out_of_distribution": "its rows are rare or made up",
    "label": "it gets other labels",
    "path": "it goes from row to row in another way",
}
_LIKE = (
    ({"similarity", "boundary"}, "HopSkipJump, Boundary or ZOO, which look for another label near one row"),
    (
        {"similarity", "sweep"},
        "a line search, ZOO or the inference of an attribute, which change one column after another",
    ),
    ({"boundary"}, "attacks that keep their rows apart so as not to be found, or made-up rows that copy the model"),
    ({"out_of_distribution"}, "made-up rows that copy the model"),
    ({"similarity"}, "noise around the same rows, which tells whether the model was trained on them"),
)


def describe(groups: Collection[str]) -> str:
    """Describe an attack by the groups of statistics that fire.

    Examples
    --------
    >>> print(describe({"out_of_distribution"}))
    compared with honest clients, its rows are rare or made up; like made-up rows that copy the model
    """
    phrases = [phrase for group, phrase in _PHRASES.items() if group in groups]
    phrases += sorted({*groups} - {*_PHRASES})
    like = next((name for needed, name in _LIKE if needed <= {*groups}), "copying the model with many rows")
    return f"compared with honest clients, {', '.join(phrases)}; like {like}"
