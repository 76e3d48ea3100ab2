"""Parsed bodies to their rows: as many as possible at once, the others one by one, by the same readers."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sparkmon.errors import ProtocolError
from sparkmon.protocol.body import Body, Rows, check_text, text_members
from sparkmon.protocol.enrichment import ENRICHMENT_PARAMETER, Enrichment
from sparkmon.protocol.limits import Limits
from sparkmon.protocol.protocol_error import as_dead_letter, protocol_error
from sparkmon.protocol.seldon import is_seldon, seldon_instances
from sparkmon.protocol.v1 import instances_of, read_instances, split_instances
from sparkmon.protocol.v2 import has_tensors, read_tensors
from sparkmon.records import Half

_PLACES = {
    "v1_request": ("instances", "inputs", "dataframe_records", "dataframe_split", "data"),
    "v1_response": ("predictions", "outputs", "data"),
    "v2_request": ("inputs",),
    "v2_response": ("outputs",),
}
"""Where the values of a body with rows are."""


class Parsed(NamedTuple):
    """Bodies of one half: their JSON, or that of their heads, and what follows it."""

    half: Half
    bodies: Sequence[Any]
    tails: Sequence[bytes] | None
    sizes: Sequence[int]
    """By body, how many bytes it has."""
    has_notes: bool = False
    """Whether a note in a body is one of sparkmon's transformer, and not a client's word."""

    def take(self, at: Sequence[int]) -> "Parsed":
        """Return some of the bodies."""
        tails = None if self.tails is None else [self.tails[i] for i in at]
        bodies, sizes = [self.bodies[i] for i in at], [self.sizes[i] for i in at]
        return self._replace(bodies=bodies, tails=tails, sizes=sizes)


def read_bodies(parsed: Parsed, limits: Limits) -> Iterator[tuple[Sequence[int], Body]]:
    """Read bodies; yield the indexes of those that were read together, and what they say. Never raises."""
    whole = _read_together(parsed, limits)
    if whole is not None:
        yield range(len(parsed.bodies)), whole
        return
    groups: dict[object, list[int]] = {}
    for at, body in enumerate(parsed.bodies):
        groups.setdefault(_layout(body, parsed.has_notes), []).append(at)
    for places in groups.values():
        together = _read_together(parsed.take(places), limits) if len(groups) > 1 else None
        if together is not None:
            yield places, together
        else:
            for at in places:
                yield [at], read_one(parsed.take([at]), limits)


def read_one(parsed: Parsed, limits: Limits) -> Body:
    """Read one body; never raises."""
    try:
        body = _read(parsed, limits)
    except Exception as error:
        # Bytes from outside must not stop a stream, whatever they trip over.
        return refused(error, parsed.sizes[0])
    return body or Body("dead_letter")


def refused(error: Exception, size: int) -> Body:
    """Return the dead letter of a body of ``size`` bytes that could not be read."""
    if not isinstance(error, ProtocolError):
        reason = f"the decoder failed ({type(error).__name__}: {error!s:.200}); please report it"
        error = protocol_error("DECODER_FAILED", reason)
    return Body("dead_letter", dead_letter=as_dead_letter(error), size=size)


def _read_together(parsed: Parsed, limits: Limits) -> Body | None:
    if len(parsed.bodies) == 1:
        return None
    try:
        return _read(parsed, limits)
    except Exception:
        # Whatever bytes from outside trip over, one by one shows whose they are.
        return None


def _read(parsed: Parsed, limits: Limits) -> Body | None:
    """Read one body, or several at once; None if there are several, and not all of one layout."""
    half, bodies, tails, sizes, has_notes = parsed
    first = bodies[0]
    kind = classify(first, half)
    if len(bodies) > 1 and (kind not in _PLACES or not _same_members(bodies)):
        return None
    if len(bodies) > 1 and has_notes and any(map(_is_noted, bodies)):
        return None
    body = Body(kind, ids=text_members(bodies, "id"), size=sum(sizes))
    if kind == "v2_response":  # a request's is the client's word
        body.versions = text_members(bodies, "model_version")
    elif kind != "v2_request" and tails is not None and any(tails):
        raise protocol_error("BODY_NOT_JSON", f"got {len(tails[0])} bytes after the JSON of a {kind} body")
    if kind not in _PLACES:
        return body
    rows = _rows(kind, parsed, limits)
    if rows is None:
        return None
    # No text is longer than its body, where base64 stands for bytes than twice.
    if 2 * max(sizes) > limits.text_bytes:
        check_text([value for value in rows.listed() if type(value) is str], limits)
    body.rows = rows
    if has_notes and kind != "v1_response" and _is_noted(first):
        text, count = first["parameters"][ENRICHMENT_PARAMETER], rows.count
        note = Enrichment.from_text(text, count, limits)
        if note is not None:  # a malformed note costs the note alone
            body.entities, body.row_flags = note.entity_rows(count), note.note_rows(count)
            body.size += len(text)
    return body


def _rows(kind: str, parsed: Parsed, limits: Limits) -> Rows | None:
    key = next(key for key in _PLACES[kind] if key in parsed.bodies[0])
    lists = [body[key] for body in parsed.bodies]
    if kind.startswith("v2"):
        return read_tensors(lists, parsed.tails, limits)
    if key in ("inputs", "outputs") and dict in map(type, lists):
        if set(map(type, lists)) != {dict}:
            return None
        lists = [instances_of(columns, limits) for columns in lists]
    if key == "dataframe_split":
        lists = [split_instances(frame, limits) for frame in lists]
    if key == "data":
        lists = [seldon_instances(data, limits) for data in lists]
    return read_instances(lists, parsed.half, limits)


def _same_members(bodies: Sequence[dict[str, Any]]) -> bool:
    """Tell whether all bodies have the members of the first."""
    members = bodies[0].keys()
    return set().union(*bodies) == members and set(map(len, bodies)) == {len(members)}


def _is_noted(body: dict[str, Any]) -> bool:
    parameters = body.get("parameters")
    return type(parameters) is dict and ENRICHMENT_PARAMETER in parameters


def _layout(body: object, has_notes: bool) -> object:
    """Name what bodies have in common that can be read together."""
    if type(body) is not dict or (has_notes and _is_noted(body)):
        return None
    keys = ("instances", "predictions", "inputs", "outputs", "dataframe_records", "dataframe_split", "data")
    values: Any = next((body[key] for key in keys if key in body), None)
    form: object = None
    if has_tensors(values):
        form = repr([{**tensor, "data": None} for tensor in values if type(tensor) is dict])
    elif type(values) is dict:
        form = dict, tuple(values), repr(values.get("columns")) if "dataframe_split" in body else ""
    elif type(values) is list and values:
        first = values[0]
        form = len(first) if type(first) is list else type(first) is dict and tuple(first)
    return frozenset(body), form


_HEALTH = frozenset({"ready", "live", "status"})
_EXPLAINERS = ("LIME", "SHAP")
"""Where TrustyAI's explainer puts what it found."""


def classify(body: object, half: Half) -> str:
    """Name the kind of a JSON body: of the protocol and half that it is of, or what is set apart.

    Raises ProtocolError ``BODY_UNKNOWN`` when no protocol has such a body.
    """
    if type(body) is not dict:
        raise protocol_error("BODY_UNKNOWN", f"got a JSON {type(body).__name__} as {half} body; expected an object")
    return _request(body) if half == "request" else _response(body)


def _request(body: dict[str, Any]) -> str:
    if "instances" in body:
        return "v1_request"
    if "inputs" in body:
        return "v2_request" if has_tensors(body["inputs"]) else "v1_request"
    if "dataframe_records" in body or "dataframe_split" in body or is_seldon(body):
        return "v1_request"
    if "messages" in body or "prompt" in body:
        return "openai"
    if "model" in body and ("input" in body or "query" in body):
        return "openai"
    raise protocol_error("BODY_UNKNOWN", "got an object with neither instances nor inputs as request body")


def _response(body: dict[str, Any]) -> str:
    if "predictions" in body:
        return "v1_response"
    if _is_explanation(body):
        return "v1_explanation"
    if is_seldon(body):
        return "v1_response"
    if "platform" in body and "name" in body and "model_name" not in body:
        return "metadata"
    if "outputs" in body:
        return "v2_response" if has_tensors(body["outputs"]) else "v1_response"
    if "choices" in body or type(body.get("object")) is str:
        return "openai"
    if "error" in body or type(body.get("detail")) in (list, str):
        return "error"
    if body.keys() & _HEALTH and body.keys() <= _HEALTH | {"name"}:
        return "health"
    if "name" in body and ("versions" in body or "extensions" in body):
        return "metadata"
    listed = ", ".join([repr(name[:40]) for name in list(body)[:8]]) or "no members"
    raise protocol_error(
        "BODY_UNKNOWN", f"got an object with neither predictions nor outputs as response body; it has {listed}"
    )


def _is_explanation(body: dict[str, Any]) -> bool:
    """Recognise what KServe's explainers answer: its own form and ART's, TrustyAI's, and Alibi's."""
    if "explanations" in body:
        return True
    parts = [body, *(body.get(name) for name in _EXPLAINERS)]
    if any(type(part) is dict and type(part.get("saliencies")) is dict for part in parts):
        return True
    about = body.get("meta")
    return type(about) is dict and "explanations" in about and type(body.get("data")) is dict
