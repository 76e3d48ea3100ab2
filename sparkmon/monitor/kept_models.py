"""The models whose rows are kept, and how much of each row."""

from collections.abc import Iterable, Mapping, Sequence

from sparkmon.errors import OptionError
from sparkmon.labels import LabelSource
from sparkmon.monitor.namespaces import in_namespaces
from sparkmon.profiles import validations_of
from sparkmon.slicing import Slices
from sparkmon.store import ReferenceStore


def kept_models(
    keep_rows: Sequence[str],
    labels: Mapping[str, LabelSource],
    others: Iterable[str],
    namespaces: Sequence[str],
    slices: Slices,
    store: ReferenceStore,
) -> dict[str, bool]:
    """Return the models whose rows are kept, and whether the whole rows are.

    Labels need what a model answered; the features only where they are joined by entities, where the model has slices,
    or where its estimate is made of them. ``others`` are models whose rows something else than labels reads.
    """
    if isinstance(keep_rows, str):
        raise OptionError.malformed("keep_rows", keep_rows, "a list of models")
    sources = in_namespaces(labels, namespaces)
    validations = validations_of(store, sources)
    sliced = {model for (model, _), own in slices.of_model.items() if own}
    whole = dict.fromkeys(in_namespaces(dict.fromkeys([*keep_rows, *others], True), namespaces), True)
    return {
        model: bool(source.entities) or model in sliced or model not in validations or validations[model].needs_features
        for model, source in sources.items()
    } | whole
