"""`make up` restarts killed services and stops all of them on Ctrl-C."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from honcho import environ

from cyclorama import Client, CycloramaError
from tests.support.processes import READY_SECONDS, STAGES, is_running
from tests.support.waiting import wait_until
from tools import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()


def find_free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def find_descendants(session: int) -> list[int]:
    """Returns the ids of all descendants of a process."""
    children = Path(f"/proc/{session}/task/{session}/children")
    try:
        direct = [int(pid) for pid in children.read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return direct + [pid for child in direct for pid in find_descendants(child)]


COMMANDS = {
    "make up": ("-m", "tools.up", *STAGES, "gateway"),
    "cyclorama up": ("-c", "from cyclorama.cli import main; main()", "up"),
}


@pytest.fixture(params=COMMANDS)
def up(request, tmp_path):
    """Runs all services on free ports: the process, the gateway's address, the log."""
    page, gateway, *ports = find_free_ports(6)
    environment = {
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "CYCLORAMA_GATEWAY_LISTEN": f"127.0.0.1:{gateway}",
        "CYCLORAMA_GATEWAY": f"127.0.0.1:{gateway}",
        "CYCLORAMA_WEB_LISTEN": f"127.0.0.1:{page}",
        "CYCLORAMA_LOG_FORMAT": "text",
        "CYCLORAMA_GRACE_SECONDS": "4",
        "CYCLORAMA_DRAIN_SECONDS": "0",
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(tmp_path / "artifacts"),
    }
    for stage, port in zip(STAGES, ports, strict=True):
        environment[f"CYCLORAMA_{stage.upper()}_LISTEN"] = f"127.0.0.1:{port}"
        environment[f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS"] = f"127.0.0.1:{port}"
    log = tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, *COMMANDS[request.param]],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    yield process, f"127.0.0.1:{gateway}", log
    process.kill()
    process.wait()


def is_ready(address: str) -> bool:
    with Client(address, timeout=5, max_retries=0) as client:
        try:
            return {each.stage for each in client.engines() if each.ready} == {
                *STAGES,
                "finishing",
            }
        except CycloramaError:
            return False


def test_make_up_starts_all_services():
    assert "python -m tools.up $(STAGES) gateway page" in MAKEFILE


@pytest.mark.parametrize(
    ("arguments", "printed", "last"),
    [
        (["SD=double", "KIND=sdcpp"], "http://127.0.0.1:7860 mine sdcpp", "double"),
        (["SD=http://gpu:7860"], "http://gpu:7860 mine a1111", "page"),
        (["COMFYUI=double"], "mine http://127.0.0.1:8188", "comfyui-double"),
        (["COMFYUI=http://gpu:8188"], "mine http://gpu:8188", "page"),
        ([], "mine mine", "page"),
    ],
)
def test_make_up_passes_the_image_servers_on(tmp_path, arguments, printed, last):
    """Runs make with a tools.up that prints its arguments."""
    names = ("CYCLORAMA_A1111_URL", "CYCLORAMA_COMFYUI_URL", "KIND")
    path = write_python(tmp_path, " ".join(f"${name}" for name in names))
    command = [
        "make",
        "--no-print-directory",
        "up",
        *("-o", ".venv/local", "-o", ".venv/doubles"),
        path,
        *arguments,
    ]
    urls = {"CYCLORAMA_A1111_URL": "mine", "CYCLORAMA_COMFYUI_URL": "mine"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | urls, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[-1]
    assert line.startswith(f"{printed} ") and line.split()[-1] == last


def write_python(folder: Path, printed: str) -> str:
    """Writes a `python` that prints instead of running tools.up, and a `cyclorama` that prints.

    printed: a text for the shell, which the arguments follow.

    Returns the assignment of PATH by which make finds it.
    """
    python = folder / "bin" / "python"
    python.parent.mkdir()
    echo = f'case "$2" in tools.up) echo "{printed} $*"; exit;; esac'
    python.write_text(f'#!/bin/sh\n{echo}\nexec {sys.executable} "$@"\n')
    program = python.with_name("cyclorama")
    program.write_text(f'#!/bin/sh\necho "{printed} $*"\n')
    for path in (python, program):
        path.chmod(0o755)
    return f"PATH={python.parent}:{os.environ['PATH']}"


@pytest.fixture
def run_make(tmp_path):
    """Runs make in a folder like the project's, and prints how it starts the services.

    Returns a line: model, whether background serves inpainting, the gateway's address of
    inpainting, and the arguments of tools.up or cyclorama.
    """
    for name in ("Makefile", "pyproject.toml", "deploy", "protos", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    names = ("DIFFUSERS_MODEL", "BACKGROUND_SERVE_INPAINTING", "GATEWAY_INPAINTING_ADDRESS")
    printed = " ".join(f"${{CYCLORAMA_{name}:-none}}" for name in names)
    path = write_python(tmp_path, f"started {printed}")
    photo = tmp_path / "clients" / "samples" / "bottle.jpg"
    photo.parent.mkdir(parents=True)
    photo.touch()
    installed = [f"-o.venv/{extra}" for extra in ("local", "diffusers")]

    def run(*words: str, **environment: str) -> str:
        command = ["make", "--no-print-directory", *words, *installed, path]
        environment = {**os.environ, **environment}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        started = "started "
        (*_, line) = [each for each in done.stdout.splitlines() if each.startswith(started)]
        return line.removeprefix(started)

    return run


MODEL = "CYCLORAMA_DIFFUSERS_MODEL"


@pytest.mark.parametrize(
    ("words", "environment", "file"),
    [
        ([f"{MODEL}=my model"], {}, ""),
        ([], {MODEL: "my model"}, ""),
        ([], {}, f'A=b\n{MODEL}="my model"\n'),
    ],
    ids=["command line", "environment", "file"],
)
def test_one_process_serves_two_stages_with_a_model(run_make, tmp_path, words, environment, file):
    (tmp_path / ".env").write_text(file)
    line = run_make("up", *words, **environment)
    assert line.startswith("my model true 127.0.0.1:50052 ")
    assert "segmentation background compositing gateway page" in line
    line = run_make("demo", *words, **environment)
    assert line.startswith("my model none none run -o out/ad.png -- clients/samples/bottle.jpg on ")


@pytest.mark.parametrize("target", ["up", "demo"])
def test_the_command_line_then_the_environment_precede_the_file(run_make, tmp_path, target):
    (tmp_path / ".env").write_text(f"{MODEL}=file\n")
    assert run_make(target, f"{MODEL}=line", **{MODEL: "environment"}).startswith("line ")
    assert run_make(target, **{MODEL: "environment"}).startswith("environment ")
    line = run_make(target, f"{MODEL}=")
    assert line.startswith("none none none ")
    assert target == "demo" or "inpainting gateway" in line


@pytest.mark.parametrize("stage", ["BACKGROUND", "INPAINTING"])
@pytest.mark.parametrize("target", ["up", "demo"])
def test_a_model_for_one_stage_leaves_each_stage_its_process(run_make, tmp_path, target, stage):
    setting = f"CYCLORAMA_{stage}_DIFFUSERS_MODEL"
    (tmp_path / ".env").write_text(f"{setting}=other\n")
    for line in (run_make(target), run_make(target, f"{MODEL}=model")):
        assert " none none " in line
        assert target == "demo" or "compositing inpainting gateway" in line
    command = ["make", "--dry-run", "--always-make", target]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert re.findall(r"tools.install (.*)", done.stdout) == ["local,diffusers --fetch"]


def test_processes_of_make_up_start_with_the_settings_of_its_command_line(tmp_path):
    for name in ("Makefile", "pyproject.toml", "protos", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "up.env").write_bytes((ROOT / "deploy" / "up.env").read_bytes())
    names = ("DIFFUSERS_MODEL", "A1111_URL", "MAX_MESSAGE_MB", "GRACE_SECONDS", "LOG_FORMAT")
    values = [f"CYCLORAMA_{name}" for name in names]
    shown = "echo " + " ".join(f'"<${name}>"' for name in values)
    started = ("segmentation", "background", "compositing", "inpainting", "gateway", "page")
    idle = "\n".join(f"{name}: sleep 60" for name in (*started, "double") if name != "background")
    (tmp_path / "deploy" / "Procfile").write_text(f"{idle}\nbackground: {shown}\n")
    file = dict(zip(values, ("file", "http://file:1", "7", "9"), strict=False))
    (tmp_path / ".env").write_text("".join(f"{name}='{file[name]}'\n" for name in file))
    path = f"PATH={sys.prefix}/bin:{os.environ['PATH']}"
    words = [f"{MODEL}=my model", "SD=http://gpu:7860", path]
    installed = [f"-o.venv/{extra}" for extra in ("local", "diffusers")]
    environment = os.environ | {"CYCLORAMA_MAX_MESSAGE_MB": "8"}
    done = subprocess.run(
        ["make", "up", *words, *installed],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "<my model> <http://gpu:7860> <8> <9> <text>" in done.stdout


def test_without_a_model_every_stage_has_its_process(run_make):
    for target, services in (("up", "compositing inpainting gateway"), ("demo", "run -o")):
        line = run_make(target)
        assert line.startswith("none none none ") and "diffusers" not in line
        assert services in line


def test_a_model_installs_what_it_needs_once():
    command = ["make", "--dry-run", "--always-make"]
    for target in ("up", "demo"):
        words = [target, f"{MODEL}=model"]
        done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True)
        assert re.findall(r"tools.install (.*)", done.stdout) == ["local,diffusers --fetch"]
        assert "touch .venv/diffusers .venv/local" in done.stdout


@pytest.mark.slow
def test_a_killed_stage_restarts_and_ctrl_c_stops_everything(up):
    process, address, log = up
    wait_until(lambda: is_ready(address), "readiness")
    (compositing,) = (
        pid
        for pid in find_descendants(process.pid)
        if Path(f"/proc/{pid}/cmdline").read_text().split("\0")[1:3]
        == ["-m", "services.compositing"]
    )
    os.kill(compositing, signal.SIGKILL)
    wait_until(lambda: not is_running(compositing), "the kill")
    wait_until(lambda: is_ready(address), "the return of the stage")
    running = find_descendants(process.pid)
    process.send_signal(signal.SIGINT)
    process.wait(READY_SECONDS)
    wait_until(lambda: not any(map(is_running, running)), "the end of all services")
    text = log.read_text()
    assert len(re.findall(r"compositing.*listening", text)) == 2
    found = re.findall(r"All services run\.(?: The page is at \S+)? Ctrl-C stops them\.", text)
    assert len(found) == 1
    assert text.splitlines()[-1] == "All services have stopped."
    assert "Traceback" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGHUP, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_nothing_stays_without_the_terminal_or_the_process_that_runs_all(up, number, status):
    process, address, log = up
    wait_until(lambda: is_ready(address), "readiness")
    running = find_descendants(process.pid)
    process.send_signal(number)
    assert process.wait(READY_SECONDS) == status
    wait_until(lambda: not any(map(is_running, running)), "the end of all services")
    assert "Traceback" not in log.read_text()


def test_an_invalid_setting_stops_all_and_is_named():
    environment = os.environ | {"CYCLORAMA_WEB_LISTEN": "nowhere"}
    command = [sys.executable, "-m", "tools.up", "page"]
    environment["PATH"] = f"{sys.prefix}/bin:{os.environ['PATH']}"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert last.startswith("page stopped: ") and "CYCLORAMA_WEB_LISTEN" in last


@pytest.mark.parametrize(
    "file", sorted((ROOT / "deploy").glob("*.env")), ids=lambda path: path.name
)
def test_honcho_reads_every_line_of_the_environment_files(file):
    lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
    # It skips NAME= without a value; NAME='' is an empty one.
    assert list(environ.parse(file.read_text())) == [line.partition("=")[0] for line in lines]
