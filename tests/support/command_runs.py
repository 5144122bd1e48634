"""Which test runs a documented command, and why none runs the others.

tests/docs/test_shell.py checks the words of all of them.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from cyclorama.cli.examples import EXAMPLES
from tools import ROOT

# Pages whose commands tests/docs/test_clean_shell.py runs in order, and what it runs before them.
ON_PATH = 'export PATH="$PWD/.venv/bin:$PATH"\n'
SERVICES = "start 'All services run' make up\n"
SHELL_PAGES: Mapping[str, str] = {
    "README.md": "",
    "docs/index.md": "",
    "docs/installation.md": "",
    "docs/security.md": "",
    "docs/operations.md": "",
    "docs/job-database.md": SERVICES,
    "docs/troubleshooting.md": SERVICES + ON_PATH,
    "docs/content-credentials.md": ON_PATH,
    "docs/stable-diffusion.md": ON_PATH,
    "docs/comfyui.md": ON_PATH,
    "docs/diffusers.md": ON_PATH,
}
# Pages with tests of their own: tests/docs/test_on_call.py, tests/deploy/test_kubernetes_page.py.
OWN_PAGES = ("docs/on-call.md", "docs/kubernetes.md")
# Patterns of commands that no test runs as they are typed, and why.
ASSIGNMENTS = r"(\w+=\S+ )*"
NOT_RUN: Mapping[str, str] = {
    rf"{ASSIGNMENTS}docker |make images$|echo \"CLI_USER|chmod 644 callers": (
        "needs a container engine; tests/deploy checks the files"
    ),
    r"kubectl ": "needs a cluster; tests/deploy/test_kubernetes_page.py runs a double of one",
    r"(\.venv/bin/)?pip |uvx |pipx |\.venv-client/": (
        "needs the package index; tests/clients/test_wheel.py installs the wheels"
    ),
    r"make load .*(DURATION=60s|--require)": (
        "takes a minute, or fails on a slow machine; the README has one that runs"
    ),
    r"make (models|places)\b": "needs the network; tests/segmentation has a mirror of its own",
    r"\.venv/bin/hf ": "needs the network; tests/docs/test_commands.py runs it without",
    rf"{ASSIGNMENTS}.*=(\./)?models/sdxl": (
        "needs a model of 7 GB; the same page makes an ad with a tiny one"
    ),
    r"CYCLORAMA_GATEWAY_INPAINTING_ADDRESS=": "continues a command that needs a model of 7 GB",
    r"grpcurl ": "needs a program from elsewhere; tests/docs/test_grpcurl.py runs it",
    r"ghz ": "no package registry has it; tests/docs/test_grpcurl.py sends its request",
    r"python check_ad\.py ": "tests/docs/test_content_credentials.py runs the program",
    r"python -m tools\.calibrate_score ": "needs marked ads; tests/tools covers the program",
    r"cyclorama open$": "needs a desktop; tests/clients covers the command",
}
# Commands that run next to test engines, on the pages that no shell runs.
NEXT_TO_ENGINES = (
    "cyclorama ",
    "python -m gateway.callers ",
    ".venv/bin/python -m gateway.callers ",
    "python -m gateway.jobs ",
)
# They run until Ctrl-C.
FOREGROUND = ("cyclorama up",)


def find_reason(command: str) -> str:
    """Returns why no test runs a command; "" if one does."""
    return next((reason for start, reason in NOT_RUN.items() if re.match(start, command)), "")


def is_run_next_to_engines(command: str) -> bool:
    """Returns whether tests/docs/test_commands.py runs a command of a page of docs/."""
    is_ours = command.startswith(NEXT_TO_ENGINES) and not command.startswith(FOREGROUND)
    return is_ours and not find_reason(command)


def is_run(page: Path, command: str) -> bool:
    """Returns whether a test runs a command of a page, as it is typed there or nearly so."""
    name = page.relative_to(ROOT).as_posix()
    if find_reason(command):
        return False
    if name in SHELL_PAGES or name in OWN_PAGES:
        return True
    if name.startswith("docs/reference/cli/"):
        return command in [line for lines in EXAMPLES.values() for line in lines]
    return is_run_next_to_engines(command)
