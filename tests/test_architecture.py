"""Who may import whom. Breaking a rule here is a design decision, not a slip."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
STAGES = ["segmentation", "background", "compositing", "inpainting"]
OURS = ("services", "gateway", "cyclorama")
HEAVY = ("torch", "mitsuba", "drjit", "pyoidn", "requests", "pymatting", "numba")


def imports(*folders: str) -> set[str]:
    """Every module that the Python files below the folders name in an import."""
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom):
                    found |= {f"{node.module}.{alias.name}" for alias in node.names}
                elif isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
    return found


def foreign(folder: str, *allowed: str) -> set[str]:
    """Our own modules that a folder imports although it may not."""
    return {
        name
        for name in imports(folder)
        if name.split(".")[0] in OURS
        and not any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_sees_only_itself_the_runtime_and_the_contract(stage):
    allowed = [f"services.{stage}", "services.runtime", "cyclorama.v1"]
    if stage in ("background", "inpainting"):
        allowed.append("services.diffusion")
    assert not foreign(f"services/{stage}", *allowed)


def test_the_runtime_sees_only_itself_and_the_contract():
    assert not foreign("services/runtime", "services.runtime", "cyclorama.v1")


def test_the_gateway_sees_no_stage():
    assert not foreign("gateway", "gateway", "services.runtime", "cyclorama")


def test_the_gateway_holds_no_pixels():
    roots = {name.split(".")[0] for name in imports("gateway")}
    assert not roots & {"numpy", "cv2", "PIL"}


def test_the_client_needs_nothing_but_grpc_and_protobuf():
    paths = [path.relative_to(ROOT) for path in (ROOT / "clients/cyclorama").glob("*.py")]
    roots = {name.split(".")[0] for path in paths for name in imports_of(path)}
    # The last is used where the calling program has it.
    allowed = {"grpc", "google", "cyclorama", "opentelemetry"}
    assert roots - set(sys.stdlib_module_names) <= allowed


def test_only_what_traces_knows_opentelemetry_and_it_does_without():
    knows = {
        str(path.relative_to(ROOT))
        for folder in OURS
        for path in (ROOT / folder.replace("cyclorama", "clients/cyclorama")).rglob("*.py")
        if any(name.startswith("opentelemetry") for name in imports_of(path))
    }
    assert knows == {"services/runtime/tracing.py", "clients/cyclorama/tracing.py"}
    # None in sys.modules makes an import fail as if the package were missing.
    probe = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import cyclorama, services.runtime.server, gateway.servicer\n"
        "from cyclorama.tracing import spanned\n"
        "with spanned('x') as metadata: print(metadata)"
    )
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, env=path, capture_output=True, text=True
    )
    assert done.stdout.strip() == "()", done.stderr


def imports_of(path: pathlib.Path) -> set[str]:
    """What one file imports."""
    tree = ast.parse((ROOT / path).read_text())
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    plain = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return named | plain


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_the_same_files(stage):
    folder = ROOT / "services" / stage
    for name in ("__main__.py", "servicer.py", "engine.py", "engines/__init__.py"):
        assert (folder / name).is_file(), name


PROBE = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path("{folder}").glob("*.py")):
    if path.stem not in ("__main__", "healthcheck"):
        importlib.import_module("{folder}".replace("/", ".") + "." + path.stem)
print(*sorted(set({heavy}) & set(sys.modules)))
"""


@pytest.mark.parametrize("folder", [*(f"services/{stage}" for stage in STAGES), "gateway"])
def test_heavy_libraries_stay_out_until_an_engine_needs_them(folder):
    # A fresh interpreter: this one may have met them in another test.
    probe = PROBE.format(folder=folder, heavy=HEAVY)
    path = {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, env=path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_command_line_loads_grpc_only_to_call(word):
    slow = ("grpc", "google.protobuf", "asyncio", "PIL", "yaml")
    probe = (
        "import sys; from cyclorama.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print(*[n for n in {slow} if n in sys.modules], file=sys.stderr)"
    )
    path = {"PYTHONPATH": str(ROOT / "clients")}
    command = [sys.executable, "-c", probe, word]
    done = subprocess.run(command, env=path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    "path",
    [p.relative_to(ROOT) for f in OURS for p in sorted((ROOT / f).rglob("*.py"))]
    + [p.relative_to(ROOT) for p in sorted((ROOT / "clients/cyclorama").rglob("*.py"))],
    ids=str,
)
def test_every_module_says_what_it_is_for(path):
    text = (ROOT / path).read_text()
    if "v1" in path.parts or not text.strip():
        return
    first = ast.get_docstring(ast.parse(text))
    assert first and len(first.splitlines()[0]) > 15
