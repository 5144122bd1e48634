"""The command line with hostile text: control sequences, markup and paths."""

import csv
import io
import json
import re

import pytest

from cyclorama.cli import output
from cyclorama.cli.output import SafeConsole, color_by_state, print_json, replace_control_characters
from tests.support.hostile import ESCAPES, HOSTILE, MARKUP

OWN = re.compile(r"\x1b\[[0-9;]*m")


def is_harmless(text: str) -> bool:
    return all(each.isprintable() or each in "\n\t" for each in text)


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_only_the_programs_own_colors_reach_a_terminal(words):
    out = io.StringIO()
    console = SafeConsole(file=out, force_terminal=True, width=200, highlight=False)
    console.print(words, markup=False)
    console.print(f"{color_by_state('failed', 'red')} next", style="bold")
    printed = out.getvalue()
    assert "\x1b[31mred" in OWN.sub(lambda m: m[0].replace("1;31", "31"), printed)
    assert is_harmless(OWN.sub("", printed))


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_json_escapes_control_characters_and_loses_nothing(words, capsys):
    print_json({"words": words})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"words": words} and is_harmless(printed)


def test_text_in_any_script_is_unchanged():
    text = "Kölnisch Wasser 香水 عطر \N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}\u00a0x\ty\n"
    assert replace_control_characters(text) == text


def test_a_campaign_writes_only_its_own_file_names_into_its_folder(command, photo, tmp_path):
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "photo.png").write_bytes(photo.read_bytes())
    file, out = desk / "ads.csv", desk / "ads"
    with file.open("w", newline="") as table:
        lines = csv.writer(table)
        lines.writerow(("photo", "prompt", "size"))
        lines.writerows((words, "x", "64x64") for words in HOSTILE)
        lines.writerows(("photo.png", words, "64x64") for words in HOSTILE)
    status, printed, err = command("campaign", file, "-o", out)
    assert status == 3 and "Traceback" not in err + printed and is_harmless(err)
    number = len(HOSTILE)
    written = {path.name for path in out.iterdir()} - {"results.csv", "report.html", "report.json"}
    assert len(written) == 2 * number
    assert all(name.startswith("photo_") and name.isprintable() for name in written)
    assert {path.name for path in desk.iterdir()} == {"photo.png", "ads.csv", "ads"}
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "photo.png"}
    with (out / "results.csv").open(newline="") as table:
        kept = list(csv.DictReader(table))
    assert [line["prompt"] for line in kept[number:]] == [words.strip() for words in HOSTILE]
    assert [line["state"] for line in kept] == ["failed"] * number + ["succeeded"] * number


@pytest.mark.parametrize("words", [*MARKUP[:1], "[/red]x", *ESCAPES])
def test_an_ad_may_have_any_name_that_the_file_system_takes(
    command, photo, tmp_path, monkeypatch, words
):
    said = io.StringIO()
    # Not `file`: its setter would keep this test's file afterwards.
    monkeypatch.setattr(output.console, "_file", said)
    path = tmp_path / f"{words.replace('/', ' ')}.png"
    status, _, err = command("create", photo, "--prompt", words, "-o", path, "--size", "64x64")
    assert status == 0 and is_harmless(err)
    assert path.stat().st_size > 100 and path.with_suffix(".json").is_file()
    assert ".png  64 x 64" in said.getvalue() and is_harmless(said.getvalue())


@pytest.mark.parametrize("words", HOSTILE[:-3], ids=ascii)
def test_an_error_text_never_contains_control_characters(command, photo, tmp_path, words):
    file = tmp_path / "campaign.yaml"
    file.write_text(f"photos: [{json.dumps(words)}]\nprompts: [x]\n")
    status, _, err = command("campaign", file)
    assert status == 2 and err.startswith("cyclorama: ") and is_harmless(err)
