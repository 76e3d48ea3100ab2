"""The files of examples/kserve are what KServe, Kubernetes, Knative, the Spark operator and our own commands take."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from sparkmon.cli.app import app
from sparkmon.config import read_config
from sparkmon.sources import KServeSource
from tests.support.source import ROOT

EXAMPLES = ROOT / "examples" / "kserve"
MANIFESTS = [path for path in sorted(EXAMPLES.glob("*.yaml")) if path.name != "monitor.yaml"]

DEFINITIONS = [json.loads(path.read_text()) for path in sorted((ROOT / "tests/data/definitions").glob("*.json"))]
"""What custom resources are by their own definitions; ``scripts/make_definitions.py`` cuts them out."""


@cache
def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Read all manifests, by file and kind."""
    return {
        (path.name, manifest["kind"]): manifest
        for path in MANIFESTS
        for manifest in yaml.safe_load_all(path.read_text("utf-8"))
    }


def offences(definition: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    """List what the API server would refuse; CRDs' rules in CEL are not among it."""
    errors = jsonschema.Draft202012Validator(definition["spec"]).iter_errors(manifest["spec"])
    return [f"{error.json_path}: {error.message}" for error in errors]


def container(manifest: dict[str, Any]) -> dict[str, Any]:
    pod = manifest["spec"].get("transformer") or manifest["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    return dict(found)


def typed_mistakes(*paths: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kubernetes_objects", *map(str, paths)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_objects_are_of_their_types_and_a_misspelt_field_would_not_be(tmp_path: Path) -> None:
    right = EXAMPLES / "inference-service.yaml"
    wrong = tmp_path / "wrong.yaml"
    text = right.read_text()
    assert "metadataHeaders" in text
    assert "secretKeyRef: {name: sparkmon-store, key: password}" in text
    text = text.replace("metadataHeaders", "metaDataHeaders", 1)
    text = text.replace("secretKeyRef: {name: sparkmon-store, key: password}", "secretKeyRef: {}")
    wrong.write_text(text.replace("protocolVersion: v2", "protocolVersion: 2"))
    unknown, required, mistyped = typed_mistakes(*MANIFESTS, wrong).splitlines()
    where = "wrong.yaml: InferenceService flights.spec"
    assert unknown == (f"{where}.transformer.logger: metaDataHeaders is unknown to V1beta1LoggerSpec")
    key = "transformer.containers[0].env[0].valueFrom.secretKeyRef"
    assert required.startswith(f"{where}.{key}: ")
    assert "key Field required" in required
    assert mistyped == f"{where}.predictor.model.protocolVersion: got 2, expected str"


def test_every_manifest_is_of_a_kind_that_is_checked() -> None:
    from tests.support.kubernetes_objects import KINDS

    found = {(manifest["apiVersion"], manifest["kind"]) for manifest in manifests().values()}
    assert found == KINDS.keys() | {(each["apiVersion"], each["kind"]) for each in DEFINITIONS}


@pytest.mark.parametrize("definition", DEFINITIONS, ids=[each["kind"] for each in DEFINITIONS])
def test_the_custom_resources_are_what_their_definitions_take(definition: dict[str, Any]) -> None:
    of_kind = [each for each in manifests().values() if each["kind"] == definition["kind"]]
    assert of_kind
    for manifest in of_kind:
        assert manifest["apiVersion"] == definition["apiVersion"]
        assert offences(definition, manifest) == []


def test_a_custom_resource_with_a_mistake_would_not_be_taken() -> None:
    (definition,) = [each for each in DEFINITIONS if each["kind"] == "SparkApplication"]
    text = (EXAMPLES / "spark-application.yaml").read_text()
    for right, wrong, message in [
        ("type: Python", "type: python", "$.type: 'python' is not one of ['Java', 'Python', 'Scala', 'R']"),
        ("cores: 1", "cores: 1.5", "$.driver.cores: 1.5 is not of type 'integer'"),
        ("  sparkVersion: 4.2.0\n", "", "$: 'sparkVersion' is a required property"),
        ("deps:", "dependencies:", "'dependencies' was unexpected"),
    ]:
        assert right in text
        (_, manifest) = yaml.safe_load_all(text.replace(right, wrong, 1))
        (found,) = offences(definition, manifest)
        assert message in found


def test_the_loggers_point_to_what_is_deployed() -> None:
    service = manifests()["receiver.yaml", "Service"]
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    (port,) = service["spec"]["ports"]
    receiver = f"http://{name}.{namespace}.svc.cluster.local:{port['port']}/"
    spec = manifests()["inference-service.yaml", "InferenceService"]["spec"]
    loggers = [spec[component]["logger"] for component in ("transformer", "predictor")]
    headers = ["X-Request-Id", "Inference-Header-Content-Length"]
    assert loggers == [{"mode": "all", "url": receiver, "metadataHeaders": headers}] * 2
    sink = manifests()["kafka-sink.yaml", "KafkaSink"]["metadata"]
    by_kafka = manifests()["inference-service-kafka.yaml", "InferenceService"]["spec"]
    url = by_kafka["predictor"]["logger"]["url"]
    assert url.endswith(f"//kafka-sink-ingress.knative-eventing.svc.cluster.local/{sink['namespace']}/{sink['name']}")
    pod = manifests()["receiver.yaml", "Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == pod


def test_the_receivers_command_line_is_one_that_sparkmon_takes() -> None:
    found = container(manifests()["receiver.yaml", "Deployment"])
    assert found["command"] == ["sparkmon"]
    name, *arguments = found["args"]
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    told = command.make_context(name, arguments).params
    assert (str(told["path"]), told["host"], told["port"]) == ("/spool", "0.0.0.0", 8080)
    assert found["ports"][0]["containerPort"] == told["port"]
    assert {mount["mountPath"] for mount in found["volumeMounts"]} == {"/spool"}


@pytest.mark.slow
def test_the_transformers_command_line_is_one_that_it_takes() -> None:
    found = container(manifests()["inference-service.yaml", "InferenceService"])
    assert found["command"] == ["python", "-m", "sparkmon.serving.transformer"]
    from_kserve = ["--model_name", "flights", "--predictor_host", "p:80", "--http_port", "8080"]
    code = (
        "import sys; told, sys.argv[1:] = sys.argv[1:], []\n"
        "from sparkmon.serving.transformer import argument_parser\n"
        "from sparkmon.store.open import open_store\n"
        "read = argument_parser().parse_args(told)\n"
        "print(read.feature_view, read.feature_view_version, read.predictor_protocol, open_store(read.store))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *found["args"], *from_kserve],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("flights 1 v2 SqlStore('mysql://sparkmon@mysql.demo.svc.cluster.local:3306/features')\n")
    (password,) = found["env"]
    assert password["name"] == "SPARKMON_STORE_PASSWORD"
    assert "password" not in " ".join(found["args"])


def test_the_monitor_reads_what_the_receiver_writes() -> None:
    config = read_config(EXAMPLES / "monitor.yaml")
    spec = manifests()["spark-application.yaml", "SparkApplication"]["spec"]
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    name, *arguments = spec["arguments"]
    told = command.make_context(name, arguments).params
    mounted = {mount["name"]: mount["mountPath"] for mount in spec["driver"]["volumeMounts"]}
    assert str(told["config"]) == f"{mounted['config']}/monitor.yaml"
    assert config.source == KServeSource(mounted["spool"])
    assert mounted["spool"] == "/spool"
    assert config.tables.startswith(f"{mounted['monitoring']}/")
    assert {volume["name"] for volume in spec["volumes"]} == mounted.keys()


def test_the_images_install_extras_that_exist_and_the_delta_that_is_pinned() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    table = project.split("[project.optional-dependencies]")[1].split("\n[")[0]
    extras = set(re.findall(r"^(\w+) = \[", table, re.M))
    for name in ("Dockerfile", "Dockerfile.spark"):
        text = (EXAMPLES / name).read_text()
        asked = re.search(r'(?:"\.\[|EXTRAS=")([\w,]+)', text)
        assert asked is not None
        assert set(asked[1].split(",")) <= extras
    pinned = re.search(r"delta-spark==([\d.]+) ", (EXAMPLES / "Dockerfile.spark").read_text())
    assert pinned is not None
    assert pinned[1] == version("delta-spark")
    spec = manifests()["spark-application.yaml", "SparkApplication"]["spec"]
    spark = ".".join(spec["sparkVersion"].split(".")[:2])
    assert spec["deps"]["packages"] == [f"io.delta:delta-spark_{spark}_2.13:{pinned[1]}"]


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.spark"])
def test_a_dockerfile_copies_what_is_there_and_runs_as_nobody_special(name: str) -> None:
    text = re.sub(r"\\\n", " ", (EXAMPLES / name).read_text())
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    known = {*("ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "EXPOSE", "CMD")}
    assert {line[0] for line in lines} <= known
    copied = [
        source for line in lines if line[0] == "COPY" and not line[1].startswith("--from") for source in line[1:-1]
    ]
    assert {"pyproject.toml", "sparkmon"} <= set(copied)
    assert [source for source in copied if not (ROOT / source).exists()] == []
    users = [line[1] for line in lines if line[0] == "USER"]
    assert users[-1].isdigit()
    assert users[-1] != "0"
    images = [line[1] for line in lines if line[0] == "FROM"]
    assert all(":" in image or image == "${SPARK_IMAGE}" for image in images)
