"""What commands print: colors, tables, errors as JSON and exit statuses."""

import io
import json
from datetime import datetime

import grpc
import pytest

from cyclorama import (
    AdWarning,
    CycloramaError,
    EngineStatus,
    Job,
    JobAd,
    Measurement,
    UnusedWords,
)
from cyclorama.cli import output
from cyclorama.cli.app import tabulate_engines
from cyclorama.cli.examples import EXAMPLES, format_examples
from cyclorama.cli.follow import tabulate_ads
from cyclorama.cli.output import (
    SafeConsole,
    choose_console,
    color_by_state,
    console,
    error_to_json,
    print_json,
    print_measurements,
    replace_control_characters,
    stderr_console,
)
from tests.clients.scripted import fail_with, serve_gateway


def test_progress_goes_to_standard_error_when_standard_output_is_json():
    assert choose_console(True) is stderr_console and stderr_console.stderr
    assert choose_console(False) is console and not console.stderr


@pytest.mark.parametrize(
    ("state", "text", "markup"),
    [
        ("failed", "", "[red]failed[/]"),
        ("FAIL", "why", "[red]why[/]"),
        ("queued", "", "queued"),
        ("unknown", "x", "x"),
    ],
)
def test_a_state_has_its_color_and_others_have_none(state, text, markup):
    assert color_by_state(state, text) == markup


def test_the_table_of_ads_has_the_words_that_each_leaves_out(capsys):
    unused = (UnusedWords("dragon", "rock"), UnusedWords("castle"))
    warnings = (AdWarning("LOW_CONFIDENCE", "dim"), AdWarning("PARTLY", "no dragon", unused))
    time, rest = datetime(2026, 11, 28), ((64, 64), 7, "ff", "succeeded", "", "", "")
    ads = (JobAd("a lake", *rest), JobAd("a cave", *rest, warnings=warnings))
    table = tabulate_ads(Job("jobs/ab", "succeeded", time, time, ads, {}, {}))
    SafeConsole(width=120).print(table)
    whole, partly = capsys.readouterr().out.splitlines()[-2:]
    assert "left out" not in whole
    assert "left out: dragon (nearest: rock), castle" in partly


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\x1b[31mb", "a\ufffd[31mb"),
        ("\r\x07\x9b", "\ufffd" * 3),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\ud800", "\ufffd"),
        ("line\n\ttab", "line\n\ttab"),
    ],
)
def test_control_characters_are_replaced(text, safe):
    assert replace_control_characters(text) == safe


def test_a_console_without_a_terminal_prints_no_colors():
    file = io.StringIO()
    SafeConsole(file=file).print(color_by_state("failed"))
    assert file.getvalue() == "failed\n"


def test_json_escapes_what_a_terminal_would_execute(capsys):
    print_json({"text": "\x1b[2J\u202e\ud800 größe"})
    printed = capsys.readouterr().out
    assert "\\u001b[2J\\u202e\\ud800 größe" in printed
    assert json.loads(printed) == {"text": "\x1b[2J\u202e\ud800 größe"}


def test_measurements_are_a_table_whose_texts_are_not_markup(capsys):
    each = Measurement("[red]name[/]", "5 [kB]", "4", "fail", "[bold]note", 5.0, "kB", "")
    print_measurements([each, Measurement("b", "1", "", "pass", "", None, "", "")])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == ["rule", "measured", "limit"]
    assert first.split() == ["FAIL", "[red]name[/]", "5", "[kB]", "4", "[bold]note"]
    assert second.split() == ["PASS", "b", "1"]


def test_a_server_error_is_json_with_all_its_fields():
    error = CycloramaError(
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        "busy",
        reason="OVERLOADED",
        stage="background",
        call_id="ab",
        retry_seconds=2,
    )
    assert error_to_json(error) == {
        "code": "RESOURCE_EXHAUSTED",
        "reason": "OVERLOADED",
        "text": "busy",
        "stage": "background",
        "call_id": "ab",
        "retry_seconds": 2,
    }


def test_an_error_of_the_command_line_has_no_code():
    expected = {"code": "", "reason": "INVALID_ARGUMENT", "text": "--size big"}
    assert error_to_json(ValueError("--size big")) == expected


@pytest.mark.parametrize(
    ("code", "reason", "status"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", 2),
        (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED", 2),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "", 2),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", 1),
        (grpc.StatusCode.UNAVAILABLE, "STAGE_UNREACHABLE", 1),
        (grpc.StatusCode.INTERNAL, "", 1),
    ],
)
def test_the_exit_status_says_whose_error_it_is(command, code, reason, status):
    trailers = {"reason": reason} if reason else {}
    with serve_gateway(ListEngines=fail_with(code, "why \x1b[2J", **trailers)) as gateway:
        ended, out, err = command("engines", "--gateway", gateway.address, "--json")
    assert ended == status and err.startswith(f"cyclorama: {code.name}: ")
    assert len(err.splitlines()) == 1 and "\x1b" not in err + out
    assert json.loads(out)["error"]["code"] == code.name


def test_an_error_ends_with_the_id_of_its_call(command):
    trailers = {"reason": "OVERLOADED", "call-id": "ab12"}
    failing = fail_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "busy", **trailers)
    with serve_gateway(ListEngines=failing) as gateway:
        _, _, err = command("engines", "--gateway", gateway.address)
    assert err == "cyclorama: RESOURCE_EXHAUSTED: busy (call ID ab12)\n"


def test_a_stage_that_does_not_answer_is_listed_with_the_reason(capsys, monkeypatch):
    monkeypatch.setattr(output.console, "_width", 120)
    away = EngineStatus("background", "-", "", False, "the stage does not answer; start it")
    console.print(tabulate_engines([away]))
    assert "does not answer; start it" in capsys.readouterr().out


def test_help_shows_one_or_several_examples_and_nothing_for_other_commands():
    assert format_examples("replay").startswith("Example:\n\ncyclorama replay")
    assert format_examples("verify").startswith("Examples:\n\n")
    assert format_examples("other") == "" and "other" not in EXAMPLES
