"""Every command in README and docs has valid syntax, and names what exists."""

import re

import pytest

from tests.support.command_runs import NOT_RUN, find_reason, is_run
from tests.support.documents import list_commands, list_documents, read_shell, read_text
from tests.support.shell_commands import find_faults, is_valid_syntax, split_programs
from tools import ROOT

FOLDERS = "benchmarks|clients|deploy|docs|gateway|protos|services|tests|tools"
PAGES = [page for page in list_documents() if list_commands(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_names_programs_options_targets_and_files_that_exist(page):
    faults = {
        command: faults for command in list_commands(page) if (faults := find_faults(command))
    }
    assert faults == {}
    assert is_valid_syntax("\n".join(read_shell(page)))


def test_every_command_is_run_or_has_a_reason_not_to_be():
    left = {
        (page.name, command)
        for page in PAGES
        for command in list_commands(page)
        if not is_run(page, command) and not find_reason(command)
    }
    assert left == set()


def test_every_reason_not_to_run_a_command_is_needed():
    commands = [command for page in PAGES for command in list_commands(page)]
    assert [key for key in NOT_RUN if not any(re.match(key, each) for each in commands)] == []


@pytest.mark.parametrize("page", list_documents(), ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_files_in_the_text_exist(page):
    faults = [
        fault
        for command in re.findall(r"`((?:cyclorama|make|docker compose) [^`\n]+)`", read_text(page))
        for fault in find_faults(command)
        # The text names commands without their arguments.
        if not re.search(r"has 0 arguments|are required|no command ''", fault)
    ]
    paths = re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", read_text(page))
    # That of the tutorial is the reader's.
    faults += [path for path in paths if not (ROOT / path).exists() and "/wall/" not in path]
    assert faults == []


@pytest.mark.parametrize(
    "command",
    [
        "cyclorama paint photo.jpg",
        "cyclorama create photo.jpg --prompt x --colour red",
        "cyclorama verify ad.png other.png",
        "cyclorama create clients/samples/missing.jpg --prompt x",
        "make everything",
        "make demo PICTURE=photo.jpg",
        "docker compose -f deploy/compose.missing.yml up",
        "docker compose up --quickly",
        "docker compose exec kitchen true",
        "docker compose --profile gpu up",
        "docker compose run --rm cyclorama paint",
        "python -m gateway.missing",
        "python -m gateway.callers new shop --rights create",
        "pip install './clients[everything]'",
        "pip install ./nowhere",
        "uvx --from './dist/cyclorama_services-9.9.9-py3-none-any.whl[local]' cyclorama doctor",
        "kubectl apply -k deploy/kubernetes/missing",
        "kubectl scale deployment/cyclorama-kitchen --replicas=2",
        "grpcurl -plaintext 127.0.0.1:50050 cyclorama.v1.AdService/PaintAd",
        "unheard-of --help",
        "cp deploy/missing.yml night.yml",
        'echo "open',
    ],
)
def test_a_wrong_command_is_found(command):
    assert find_faults(command)


def test_a_line_is_split_into_its_programs():
    line = 'A=1 make up | sed -e "s/a|b/c/" > out.txt && for a in b; do echo $a; done'
    programs = [["A=1", "make", "up"], ["sed", "-e", "s/a|b/c/"], ["echo", "$a"], ["done"]]
    assert split_programs(line) == programs
