"""Manifests held to the generated types of KServe and Kubernetes.

Run as a program with the paths of YAML files: it prints the mistakes, one a line. A process of its own, because KServe
reads the command line when it is imported.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

__all__ = ["mistakes"]

KINDS = {
    ("v1", "PersistentVolumeClaim"): "V1PersistentVolumeClaim",
    ("v1", "Service"): "V1Service",
    ("apps/v1", "Deployment"): "V1Deployment",
    ("networking.k8s.io/v1", "NetworkPolicy"): "V1NetworkPolicy",
    ("serving.kserve.io/v1beta1", "InferenceService"): "V1beta1InferenceService",
}
PLAIN: dict[str, type | tuple[type, ...]] = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def mistakes(manifest: dict[str, Any]) -> list[str]:
    """List what a manifest has that its type does not know, and what the type requires that it has not."""
    kind = (manifest["apiVersion"], manifest["kind"])
    found: list[str] = []
    _build(manifest, KINDS[kind], f"{kind[1]} {manifest['metadata']['name']}", found)
    return found


def _build(value: Any, name: str, where: str, found: list[str]) -> Any:  # noqa: ANN401
    """Build the typed object of a value; mistakes go to ``found``."""
    if match := re.fullmatch(r"[lL]ist\[(.+)\]", name):
        return [_build(item, match[1], f"{where}[{at}]", found) for at, item in enumerate(value)]
    if match := re.fullmatch(r"[dD]ict[(\[]str, (.+)[)\]]", name):
        return {key: _build(item, match[1], f"{where}.{key}", found) for key, item in value.items()}
    if name in PLAIN:
        if not isinstance(value, PLAIN[name]) or (name != "bool" and isinstance(value, bool)):
            found.append(f"{where}: got {value!r}, expected {name}")
        return value
    if name in ("object", "ResourceQuantity", "IntstrIntOrString"):
        return value
    model = _model(name)
    if not isinstance(value, dict):
        found.append(f"{where}: got {value!r}, expected {name}")
        return None
    attributes = {key: attribute for attribute, key in model.attribute_map.items()}
    found += [f"{where}: {key} is unknown to {name}" for key in value if key not in attributes]
    known = {
        attributes[key]: _build(item, model.openapi_types[attributes[key]], f"{where}.{key}", found)
        for key, item in value.items()
        if key in attributes
    }
    try:
        return model(**known)
    except ValueError as error:
        found.append(f"{where}: {' '.join(str(error).split())}")
        return None


def _model(name: str) -> Any:  # noqa: ANN401
    import kserve.models
    import kubernetes.client.models

    short = name.removeprefix("K8sIoApiAppsV1")
    for candidate in (name, f"V1{short}"):
        for room in (kserve.models, kubernetes.client.models):
            if hasattr(room, candidate):
                return getattr(room, candidate)
    raise AssertionError(f"there is no type {name}")


if __name__ == "__main__":
    told = [Path(path) for path in sys.argv[1:]]
    sys.argv[1:] = []
    for path in told:
        for manifest in yaml.safe_load_all(path.read_text("utf-8")):
            if (manifest["apiVersion"], manifest["kind"]) in KINDS:
                for mistake in mistakes(manifest):
                    print(f"{path.name}: {mistake}")
