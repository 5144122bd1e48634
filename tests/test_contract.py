"""The protos, the code generated from them and the clients that were built against them."""

import importlib
import itertools
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from tools.reference.limits import RULES

ROOT = pathlib.Path(__file__).parents[1]
PROTOS = sorted((ROOT / "protos").rglob("*.proto"))


def test_generated_code_matches_the_protos(tmp_path):
    flags = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'protos'}", *flags]
    subprocess.run([*command, *map(str, PROTOS)], check=True)
    fresh = {path.relative_to(tmp_path): path for path in tmp_path.rglob("*.py*")}
    committed = {p.relative_to(ROOT / "clients") for p in (ROOT / "clients").glob("*/v1/*.py*")}
    assert fresh.keys() == committed
    for name, path in fresh.items():
        text = (ROOT / "clients" / name).read_text()
        assert text == path.read_text(), f"{name} is stale: run `make protos`"


def buf(*arguments: str, cwd=ROOT / "protos") -> subprocess.CompletedProcess:
    return subprocess.run(
        [f"{sys.prefix}/bin/buf", *arguments], cwd=cwd, capture_output=True, text=True
    )


def test_the_protos_are_clean_under_buf_lint():
    done = buf("lint")
    assert done.returncode == 0, done.stdout


def test_the_contract_breaks_no_client_of_the_baseline():
    done = buf("breaking", "--against", "baseline.binpb")
    assert done.returncode == 0, done.stdout


def test_the_baseline_catches_a_break(tmp_path):
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    image = tmp_path / "protos/cyclorama/v1/image.proto"
    image.write_text(image.read_text().replace("int32 width = 4;", "int64 width = 4;", 1))
    done = buf("breaking", "--against", "baseline.binpb", cwd=tmp_path / "protos")
    assert done.returncode != 0 and "width" in done.stdout


@pytest.mark.parametrize("path", PROTOS, ids=lambda path: path.name)
def test_every_message_field_and_rpc_is_commented(path):
    lines = path.read_text().splitlines()
    declares = re.compile(
        r"^\s*(message|enum|service|rpc|oneof|(repeated |optional )?[\w.]+ \w+ =|[A-Z_]+ =)"
    )
    for above, line in itertools.pairwise(lines):
        if declares.match(line):
            assert above.strip().startswith("//"), f"{path.name}: {line.strip()}"


def test_every_rule_stands_on_a_field_that_exists():
    for message, rules in RULES.items():
        for rule in rules:
            assert rule.field in message.DESCRIPTOR.fields_by_name


def test_every_request_that_holds_more_than_options_has_rules():
    requests = {
        kind.input_type
        for module in ("segmentation", "background", "compositing", "inpainting")
        for service in importlib.import_module(
            f"cyclorama.v1.{module}_pb2"
        ).DESCRIPTOR.services_by_name.values()
        for kind in service.methods
        if kind.input_type.fields
    }
    ruled = {message.DESCRIPTOR for message in RULES}
    assert requests <= ruled
