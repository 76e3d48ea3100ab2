"""Cut from the definition of a custom resource what examples/kserve uses of it.

    python -m scripts.make_definitions kubeflow/spark-operator@v2.5.2 sparkoperator.k8s.io_sparkapplications.yaml

writes ``tests/data/definitions/SparkApplication.json``; ``tests/serving/test_deployment.py`` holds the manifests to it.
A definition is of up to 2 MB: only the types, the permitted values and the required fields are kept, at those places
that a manifest has. Run it again when a manifest gets a field, or for a later release.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
KEPT = ("type", "enum", "pattern", "required", "minimum", "maximum", "minItems", "minLength", "anyOf")


def main(source: str, file: Path) -> None:
    """Write the schema of the definition in ``file``, and where it comes from."""
    definition = yaml.safe_load(file.read_text("utf-8"))["spec"]
    kind, (version,) = definition["names"]["kind"], definition["versions"]
    texts = (path.read_text("utf-8") for path in sorted(ROOT.glob("examples/kserve/*.yaml")))
    manifests = [each for text in texts for each in yaml.safe_load_all(text) if each.get("kind") == kind]
    whole = version["schema"]["openAPIV3Schema"]
    schema = cut(whole["properties"]["spec"], [each["spec"] for each in manifests], kind)
    found = {"source": source, "apiVersion": f"{definition['group']}/{version['name']}", "kind": kind, "spec": schema}
    target = ROOT / "tests" / "data" / "definitions" / f"{kind}.json"
    target.write_text(json.dumps(found) + "\n")
    print(f"{target}: {target.stat().st_size} bytes")


def cut(schema: dict[str, Any], values: list[Any], where: str) -> dict[str, Any]:
    """Return what a schema says of the values that manifests have at its place; other fields are refused."""
    kept = {key: schema[key] for key in KEPT if key in schema}
    if "items" in schema:
        items = [item for value in values for item in value]
        kept["items"] = cut(schema["items"], items, f"{where}[]")
    elif "properties" in schema:
        names = list(dict.fromkeys(name for value in values for name in value))
        if unknown := sorted({*names} - {*schema["properties"]}):
            raise SystemExit(f"{where} has no field {unknown[0]}")
        kept["properties"] = {
            name: cut(schema["properties"][name], [value[name] for value in values if name in value], f"{where}.{name}")
            for name in names
        }
        kept["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        entries = [entry for value in values for entry in value.values()]
        kept["additionalProperties"] = cut(schema["additionalProperties"], entries, f"{where}.*")
    return kept


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
