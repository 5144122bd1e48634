"""Type checkers in strict mode accept what works and the examples, and find what does not."""

import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tools import ROOT

TYPED = ROOT / "tests" / "clients" / "typed"
RIGHT = [TYPED / "right.py", *sorted((ROOT / "clients" / "examples").glob("*.py"))]
WRONG = TYPED / "wrong.py"
WRONG_LINES = [
    number for number, line in enumerate(WRONG.read_text().splitlines(), 1) if "# wrong" in line
]


@pytest.mark.slow
def test_mypy_agrees(tmp_path):
    config = tmp_path / "mypy.ini"
    config.write_text(
        f"[mypy]\nstrict = true\nmypy_path = {ROOT / 'clients'}\n"
        "[mypy-cyclorama.v1.*]\nignore_errors = true\n"
    )
    command = [sys.executable, "-m", "mypy", "--config-file", config, *RIGHT, WRONG]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line for line in errors if WRONG.name not in line] == []
    found = re.findall(rf"{WRONG.name}:(\d+): error", done.stdout)
    assert [int(line) for line in found] == WRONG_LINES


@pytest.mark.slow
def test_pyright_agrees(tmp_path):
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed: pip install pyright")
    settings = {"extraPaths": [str(ROOT / "clients")], "typeCheckingMode": "strict"}
    # It checks what is in the folder of its settings.
    for path in (*RIGHT, WRONG):
        shutil.copy(path, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "--project", tmp_path], capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        pytest.skip("pyright cannot fetch Node's package here; it needs a registry")
    found = [
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1, each["message"])
        for each in json.loads(done.stdout)["generalDiagnostics"]
    ]
    assert [each for each in found if each[0] != WRONG.name] == []
    assert sorted(line for name, line, _ in found if name == WRONG.name) == WRONG_LINES
