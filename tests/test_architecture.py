"""Import rules between packages, and no cycles. Changing a rule is a design decision."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

from cyclorama.stages import STAGES
from tools import ROOT

# Source folders; `clients` is a source root and no part of module names.
FOLDERS = ("services", "gateway", "clients/cyclorama", "tools", "benchmarks")
OURS = ("services", "gateway", "cyclorama", "tools", "benchmarks", "tests")
HEAVY = (
    *("torch", "onnxruntime", "diffusers", "transformers", "accelerate", "safetensors"),
    *("mitsuba", "drjit", "pyoidn", "OpenEXR", "requests", "pi_heif", "c2pa"),
)
BELOW_STAGES = ("services.runtime", "services.imaging", "services.stage_images", "cyclorama.v1")
# Modules of runtime that describe the contract alone.
CONTRACT_MODULES = tuple(
    f"services.runtime.{name}" for name in ("errors", "formats", "limits", "options")
)
DRAWING = ("services.studio", "services.diffusion")
# Packages of ours that each package may import besides itself.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "services.runtime": ("cyclorama.v1",),
    # Every stage reads and writes the contract's Image, Box and Scene.
    "services.imaging": (*CONTRACT_MODULES, "cyclorama.v1"),
    # The one place that gives the codec what a stage's process has.
    "services.stage_images": ("services.imaging", "services.runtime"),
    "services.credentials": ("services.runtime", "cyclorama.v1"),
    "services.studio": ("services.imaging", "services.runtime"),
    "services.diffusion": ("services.imaging", "services.runtime"),
    "services.segmentation": (*BELOW_STAGES, "services.credentials"),
    "services.background": (*BELOW_STAGES, *DRAWING),
    "services.compositing": BELOW_STAGES,
    "services.inpainting": (*BELOW_STAGES, *DRAWING),
    "services.finishing": (*BELOW_STAGES, "services.credentials"),
    "gateway": ("services.runtime", "cyclorama"),
    "cyclorama": (),
}
# A process may serve a second stage.
SERVES_TWO = {f"services.{stage}.__main__" for stage in STAGES}


@cache
def modules() -> Mapping[str, Path]:
    """Returns the file of each module of ours by its import name."""
    return {
        import_name_of(path): path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def import_name_of(path: Path) -> str:
    """Returns the import name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    below = parts[1:] if parts[0] == "clients" else parts
    return ".".join(below[:-1] if below[-1] == "__init__" else below)


@cache
def imports_of(module: str) -> frozenset[str]:
    """Returns the modules that a module imports anywhere in its code.

    `from package import name` counts as `package.name` if that is a module of ours.
    """
    found = set()
    for node in ast.walk(ast.parse(modules()[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module}: import by the whole name"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules() else node.module for name in names}
    return frozenset(found)


def is_in(module: str, package: str) -> bool:
    """Returns whether a module is a package or inside it."""
    return f"{module}.".startswith(f"{package}.")


def modules_in(package: str) -> Iterator[str]:
    """Yields the modules of a package."""
    return (module for module in modules() if is_in(module, package))


def imports_of_package(package: str) -> set[str]:
    """Returns everything that the modules of a package import."""
    return {name for module in modules_in(package) for name in imports_of(module)}


def transitive_imports(module: str) -> set[str]:
    """Returns the modules of ours that importing this one loads."""
    reached, ahead = set(), [module]
    while ahead:
        new = (imports_of(ahead.pop()) & modules().keys()) - reached
        reached |= new
        ahead += new
    return reached


def run_in_fresh_interpreter(
    probe: str, *words: str, paths: tuple[Path, ...] = (ROOT, ROOT / "clients")
):
    """Runs code in an interpreter that has imported nothing yet."""
    environment = {"PYTHONPATH": ":".join(map(str, paths))}
    command = [sys.executable, "-c", probe, *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_it_may(package):
    forbidden = {
        (module, name)
        for module in modules_in(package)
        for name in imports_of(module)
        if name.partition(".")[0] in OURS
        and not any(is_in(name, each) for each in (package, *ALLOWED[package]))
        and not (module in SERVES_TWO and name.endswith(".servicer"))
    }
    assert not forbidden


def test_every_package_has_a_rule():
    within = {path.parent.name for path in (ROOT / "services").glob("*/__init__.py")}
    within |= {path.stem for path in (ROOT / "services").glob("[!_]*.py")}
    assert {f"services.{name}" for name in within} | {"gateway", "cyclorama"} == ALLOWED.keys()


def test_no_module_imports_itself_through_others():
    graph = {module: imports_of(module) & modules().keys() for module in modules()}
    # Raises CycleError, which names the modules of a cycle.
    order = tuple(TopologicalSorter(graph).static_order())
    assert order.index("services.runtime.errors") < order.index("services.runtime.server")


def test_nothing_but_tests_imports_tests():
    importing = [
        module for module in modules() if any(is_in(name, "tests") for name in imports_of(module))
    ]
    assert importing == []
    assert "tests" not in (ROOT / "deploy" / "Procfile").read_text()


@pytest.mark.parametrize("module", ["pool", "slot", "breaker", "server", "task"])
def test_what_shares_image_servers_knows_no_dialect(module):
    reached = transitive_imports(f"services.diffusion.{module}")
    assert not [name for name in reached if is_in(name, "services.diffusion.dialects")]


def test_callers_know_nothing_of_jobs():
    assert not [
        name for name in imports_of_package("gateway.callers") if is_in(name, "gateway.jobs")
    ]


# What reads and writes image files besides OpenCV.
CODECS = {"PIL", "pi_heif", "isal"}


def test_image_math_needs_only_numpy_opencv_and_codecs():
    roots = {name.partition(".")[0] for name in imports_of_package("services.imaging")}
    assert roots - set(sys.stdlib_module_names) - {*OURS} <= CODECS | {"numpy", "cv2"}


def test_the_gateway_holds_no_pixels():
    roots = {name.partition(".")[0] for name in imports_of_package("gateway")}
    assert not roots & {"numpy", "cv2", "PIL"}


def test_the_client_needs_nothing_but_grpc_and_protobuf():
    names = (import_name_of(path) for path in (ROOT / "clients/cyclorama").glob("*.py"))
    roots = {name.partition(".")[0] for module in names for name in imports_of(module)}
    # The last three are used where the calling program has them.
    allowed = {"grpc", "google", "cyclorama", "opentelemetry", "numpy", "PIL"}
    assert roots - set(sys.stdlib_module_names) <= allowed


def test_only_what_traces_knows_opentelemetry_and_it_does_without():
    knows = {
        module
        for package in ALLOWED
        for module in modules_in(package)
        if any(is_in(name, "opentelemetry") for name in imports_of(module))
    }
    assert knows == {"services.runtime.tracing", "cyclorama.tracing"}
    # None in sys.modules makes an import fail as if the package were missing.
    done = run_in_fresh_interpreter(
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import cyclorama, services.runtime.server, gateway.servicer\n"
        "from cyclorama.tracing import trace_client_call\n"
        "with trace_client_call('x') as metadata: print(metadata)"
    )
    assert done.stdout.strip() == "()", done.stderr


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_the_same_files(stage):
    folder = ROOT / "services" / stage
    for name in ("__main__.py", "servicer.py", "rules.py", "engine.py", "engines/__init__.py"):
        assert (folder / name).is_file(), name
    assert [path.name for path in (folder / "engines").glob("*.py")] == ["__init__.py"]


PROBE = """
import importlib, pathlib, sys
for path in sorted(pathlib.Path("{folder}").glob("*.py")):
    if path.stem not in ("__main__", "healthcheck", "heif_worker"):
        importlib.import_module("{folder}".replace("/", ".") + "." + path.stem)
print(*sorted(set({heavy}) & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "folder", [*(f"services/{name}" for name in (*STAGES, "runtime", "imaging")), "gateway"]
)
def test_heavy_libraries_stay_out_until_an_engine_needs_them(folder):
    done = run_in_fresh_interpreter(PROBE.format(folder=folder, heavy=HEAVY))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_command_line_loads_grpc_only_to_call(word):
    slow = ("grpc", "google.protobuf", "asyncio", "PIL", "yaml")
    done = run_in_fresh_interpreter(
        "import sys; from cyclorama.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print(*[n for n in {slow} if n in sys.modules], file=sys.stderr)",
        word,
        paths=(ROOT / "clients",),
    )
    assert done.returncode == 0 and done.stdout
    assert done.stderr.strip() == ""


# Files outside a stage that name an engine all the same: which ones, and why.
NAMED: Mapping[str, tuple[set[str], str]] = {
    "clients/cyclorama/conversion.py": ({"pillow"}, "names the package to install for images"),
    "clients/cyclorama/cli/workflows.py": ({"comfyui"}, "checks the workflows of its servers"),
    "clients/cyclorama/cli/doctor.py": ({"diffusers"}, "checks what its model needs"),
    "services/runtime/settings.py": ({"noop"}, "every stage has it, and so a setting for it"),
    "services/diffusion/dialects/__init__.py": (
        {"a1111", "comfyui"},
        "lists the dialects, each an engine",
    ),
    "services/runtime/platforms/amazon-main.toml": (
        {"grounding"},
        "the default of a platform whose white nothing may repaint",
    ),
    "deploy/compose.gpu.yml": (
        {"sam", "a1111", "comfyui"},
        "installs what they need, and starts a server",
    ),
    "deploy/kubernetes/components/gpu/kustomization.yaml": ({"sam"}, "the same"),
    "deploy/compose.diffusers.yml": ({"diffusers"}, "installs what it needs, and mounts its model"),
    "deploy/compose.diffusers-gpu.yml": ({"diffusers"}, "gives it a GPU"),
    "deploy/kubernetes/components/diffusers/kustomization.yaml": ({"diffusers"}, "does both"),
    "deploy/kubernetes/overlays/example/kustomization.yaml": (
        {"sam", "diffusers"},
        "lists the components and their images",
    ),
    "deploy/observe/rules.test.yml": ({"a1111"}, "the value of a label, in an example"),
}


@cache
def engine_names() -> frozenset[str]:
    """Returns the names of all engines of all stages."""
    opened = (import_module(f"services.{stage}.engines").ENGINES for stage in STAGES)
    return frozenset({"noop"}.union(*opened))


def engines_in(text: str) -> set[str]:
    """Returns the engines named in a text, as words and as parts of paths and settings."""
    names = "|".join((*engine_names(), *map(str.upper, engine_names())))
    found = re.findall(rf"(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9])", text)
    return set(map(str.lower, found))


def texts_of(path: Path) -> Iterator[str]:
    """Returns the strings of a module without its docstrings; all of any other file."""
    if path.suffix != ".py":
        yield path.read_text()
        return
    tree = ast.parse(path.read_text())
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node) is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def outside_stages() -> Iterator[Path]:
    """Yields program and settings files outside stages, what their engines own, and sets."""
    packages = ("gateway", "services.runtime", "services.imaging", "services.diffusion")
    for module in (module for each in (*packages, "cyclorama") for module in modules_in(each)):
        own = (f"services.diffusion.dialects.{name}" for name in engine_names())
        if not any(is_in(module, each) for each in (*own, "services.diffusion.in_process")):
            yield modules()[module]
    for folder in ("services", "deploy"):
        yield from (
            path
            for path in (ROOT / folder).rglob("*")
            if path.suffix in (".toml", ".yml", ".yaml")
            and path.parts[-3] not in STAGES
            # Words of briefs and cards of places may be names of engines too.
            and not path.is_relative_to(ROOT / "services/studio")
        )


def test_nobody_outside_a_stage_names_its_engines():
    named = {
        str(path.relative_to(ROOT)): found
        for path in outside_stages()
        if (found := set().union(*map(engines_in, texts_of(path))))
    }
    assert named == {path: names for path, (names, _) in NAMED.items()}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pip install '.[local,sam]'", {"sam"}),
        ("sam_vit_*.pth", {"sam"}),
        ("CYCLORAMA_A1111_URL", {"a1111"}),
        ("the same classical sample", set()),
    ],
)
def test_an_engine_is_found_in_longer_texts(text, named):
    assert engines_in(text) == named


@pytest.mark.parametrize(
    "module", [module for module in modules() if not is_in(module, "cyclorama.v1")]
)
def test_every_module_says_what_it_is_for(module):
    text = modules()[module].read_text()
    first = ast.get_docstring(ast.parse(text))
    assert not text or (first and len(first.splitlines()[0]) > 15)
