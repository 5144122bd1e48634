import json
import os
import re
import subprocess
import sys

import cv2
import pytest

import cyclorama
from cyclorama import EngineStatus, __version__
from cyclorama.cli.app import tabulate_engines
from cyclorama.cli.examples import EXAMPLES
from cyclorama.cli.output import console
from tools import ROOT


def find_stage(manifest: dict, name: str) -> dict:
    """Returns the entry of a stage in a manifest."""
    return next(stage for stage in manifest["stages"] if stage["stage"] == name)


def test_create_writes_the_ad_and_its_manifest_and_prints_the_engines(command, photo, tmp_path):
    ad = tmp_path / "out" / "ad.png"
    status, out, _ = command(
        "create", photo, "--prompt", "a table", "-o", ad, "--size", "320x256", "--seed", 5
    )
    assert status == 0
    assert ad.read_bytes()[:4] == b"\x89PNG"
    manifest = json.loads(ad.with_suffix(".json").read_text())
    assert manifest["request"]["seed"] == "5" and manifest["ad"]["width"] == 320
    for engine in ("crop", "flat", "opencv", "grounding"):
        assert engine in out
    assert "320 x 256" in out


def test_create_says_that_it_made_a_draft(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.webp", "--size", "320x256"]
    status, out, _ = command(*words, "--draft")
    assert status == 0 and "160 x 128  draft" in out
    assert json.loads((tmp_path / "ad.json").read_text())["draft"] is True
    assert "draft" not in command(*words)[1]


def test_create_prints_the_words_that_the_ad_leaves_out_and_its_path_last(command, photo, tmp_path):
    words = ["create", photo, "-o", tmp_path / "ad.webp", "--size", "256x256", "--prompt"]
    _, out, _ = command(*words, "a forest, red dragon")
    shown, left_out, _, path = out.splitlines()[-4:]
    assert path == f"{tmp_path / 'ad.webp'}  256 x 256"
    assert shown == "shown: a forest" and left_out == "left out: red dragon (nearest: rock)"
    assert "left out" not in command(*words, "a forest")[1]


def test_create_describes_the_product_to_the_background_stage(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.webp", "--size", "256x256"]
    assert command(*words, "--product", "mug", "--product-height", 95)[0] == 0
    manifest = json.loads((tmp_path / "ad.json").read_text())
    assert manifest["request"]["background"] == {"product": "mug", "product_height_mm": 95.0}


def test_create_passes_engines_and_options_to_the_stages(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.webp", "--size", "256x256"]
    status, _, _ = command(
        *words, "--engine", "compositing=opencv", "--option", "compositing.tint=0"
    )
    manifest = json.loads((tmp_path / "ad.json").read_text())
    assert status == 0 and find_stage(manifest, "compositing")["parameters"]["tint"] == 0


def test_create_passes_nested_options_to_their_stage(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.webp", "--size", "256x256"]
    steps = ["--option", "background.diffusion.steps=20"]
    sampler = ["--option", "background.diffusion.sampler=euler_a"]
    status, _, _ = command(*words, *steps, *sampler)
    manifest = json.loads((tmp_path / "ad.json").read_text())
    diffusion = manifest["request"]["background"]["diffusion"]
    assert status == 0 and diffusion == {"steps": 20, "sampler": "euler_a"}


def test_create_writes_other_formats_backdrops_and_layers(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "--size", "300x250", "--backdrop", "#f0e0d0"]
    ad, folder, psd = tmp_path / "ad.jpg", tmp_path / "layers", tmp_path / "ad.psd"
    limits = ["--max-kb", 20, "--dpi", 300, "--quality", 90]
    status, _, err = command(*words, "-o", ad, "--layers", folder, *limits)
    assert status == 0, err
    assert ad.stat().st_size <= 20_000
    names = {"background", "shadow", "cutout", "composite", "mask", "final"}
    assert {path.stem for path in folder.iterdir()} == names
    assert command(*words, "-o", tmp_path / "ad.avif", "--layers", psd)[0] == 0
    assert psd.read_bytes()[:4] == b"8BPS"


def test_verify_exits_with_1_when_an_ad_was_changed_and_says_where(command, photo, tmp_path):
    ad = tmp_path / "ad.png"
    command("create", photo, "--prompt", "x", "-o", ad, "--size", "256x256")
    status, out, _ = command("verify", ad)
    assert status == 0 and "byte for byte" in out
    pixels = cv2.imread(str(ad))
    pixels[128, 128] ^= 1
    cv2.imwrite(str(ad), pixels)
    status, out, _ = command("verify", ad)
    assert status == 1 and "x 128, y 128, 1 x 1" in out


def test_check_prints_every_rule_and_exits_with_1_when_one_fails(command, photo):
    status, out, _ = command("check", photo, "--profile", "google-merchant")
    assert status == 1 and "FAIL" in out and "shortest_side" in out and "2026-11-28" in out
    assert command("check", photo, "--profile", "ebay")[0] == 2


def test_create_makes_an_ad_fit_a_profile_and_prints_its_rules(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "banner.jpg"]
    status, out, _ = command(*words, "--profile", "iab-banner", "--size", "320x50")
    assert status == 0 and "320 x 50" in out and "PASS" in out and "kilobytes" in out


def test_create_keeps_the_best_of_several_seeds_and_prints_their_scores(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.png", "--size", "256x256"]
    status, out, _ = command(*words, "--seed", 5, "--best-of", 2)
    assert status == 0
    lines = [line for line in out.splitlines() if line.startswith("seed ")]
    # In the words of the page, not by the names of measurements.
    said = r"seed \d  score [\d.]+ of 10\. [A-Z][\w ]+ costs [\d.]+; [A-Z][\w ]+ costs [\d.]+\."
    assert all(re.fullmatch(said, line) for line in lines), lines
    assert not any("_" in line for line in lines)
    assert {line.split()[1] for line in lines} == {"5", "6"}
    manifest = json.loads((tmp_path / "ad.json").read_text())
    assert lines[0].split()[1] == manifest["request"]["seed"]
    assert float(lines[0].split()[3]) == manifest["quality"]["score"]


def test_create_sets_fields_of_nested_options(command, photo, tmp_path):
    words = ["create", photo, "--prompt", "x", "-o", tmp_path / "ad.png", "--size", "256x256"]
    kind, anchor = "compositing.shadow.kind=SHADOW_KIND_CAST", "arrangement.anchor=ANCHOR_LEFT"
    status, _, err = command(*words, "--option", kind, "--option", f"compositing.{anchor}")
    assert status == 0, err
    manifest = json.loads((tmp_path / "ad.json").read_text())
    parameters = find_stage(manifest, "compositing")["parameters"]
    assert parameters["shadow"] == "cast" and parameters["arrangement"]["anchor"] == "left"


def test_stage_commands_make_an_ad_from_files(command, running, photo, tmp_path):
    cutout, background = tmp_path / "cutout.png", tmp_path / "background.png"
    composite, mask, ad = (tmp_path / f"{name}.png" for name in ("composite", "mask", "ad"))
    file = tmp_path / "file.jpg"
    scene = tmp_path / "scene.json"
    small = ["--size", "256x256", "--scene", scene]
    runs = {
        "segmentation": ["segment", photo, "-o", cutout],
        "background": ["background", "--prompt", "x", "-o", background, *small],
        "compositing": ["composite", cutout, background, "-o", composite, "--mask", mask],
        "inpainting": ["inpaint", composite, "--mask", mask, "-o", ad, "--scene", scene],
        "finishing": ["finish", ad, "--composite", composite, "--mask", mask, "-o", file],
    }
    for stage, words in runs.items():
        port = running.stages[stage].port
        status, out, err = command("stage", *words, f"--address=127.0.0.1:{port}")
        assert status == 0, err
        assert f"{words[words.index('-o') + 1]}  " in out
    assert ad.read_bytes()[:4] == b"\x89PNG" and file.read_bytes()[:2] == b"\xff\xd8"


def test_engines_lists_all_stages(command):
    status, out, _ = command("engines")
    assert status == 0
    for word in ("segmentation", "crop", "inpainting", "grounding", "finishing", "yes"):
        assert word in out
    assert "model" not in out


def test_the_table_of_engines_has_a_column_of_models_if_any_engine_has_one(capsys):
    net = EngineStatus("segmentation", "net", "1", True, "", model="[large]")
    flat = EngineStatus("background", "flat", "", False, "why")
    console.print(tabulate_engines([net, flat]))
    head, first, second = (line.split() for line in capsys.readouterr().out.splitlines())
    assert "model" in head and first == ["segmentation", "net", "yes", "[large]", "1"]
    assert second == ["background", "flat", "no", "why"]


def test_the_reason_why_an_engine_is_not_ready_is_readable_in_80_columns(capsys, monkeypatch):
    reason = "a proxy gave up on the image server; connect to it directly, or allow it more time"
    model = "an_xl_checkpoint_with_a_long_name_v12"
    away = EngineStatus("segmentation", "a1111", "3", False, reason, model=model)
    monkeypatch.setattr(console, "_width", 80)
    console.print(tabulate_engines([away]))
    lines = capsys.readouterr().out.splitlines()
    column = lines[0].index("version or reason")
    assert " ".join(line[column:].strip() for line in lines[1:]) == reason and len(lines) <= 6
    assert lines[1].split()[:3] == ["segmentation", "a1111", "no"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--size", "big"], "WIDTHxHEIGHT"),
        (["--size", "40x64"], "50 to 4096"),
        (["--engine", "painting=x"], "STAGE=ENGINE"),
        (["--option", "tint"], "STAGE.FIELD=VALUE"),
        (["--option", "compositing.tint=2"], "0 to 0.5"),
        (["--option", "compositing.tinge=2"], "no tinge; did you mean tint? (compositing has"),
        (["--option", "compositing.tint.x=2"], "there is no x (compositing.tint has no fields)"),
        (["-o", "ad.bmp"], ".png"),
        (["--backdrop", "#ffff"], "is no color"),
        (["--backdrop", "nowhere.png"], "nowhere.png"),
        (["--max-kb", "2"], "5 to 50000"),
        (["--best-of", "3", "--seed", "2147483646"], "with --best-of 3, at most 2147483645"),
    ],
)
def test_an_invalid_option_is_explained_in_one_line_and_exits_with_2(command, photo, words, hint):
    base = ["create", photo, "--prompt", "x"]
    output = [] if "-o" in words else ["-o", photo.with_name("ad.png")]
    status, _, err = command(*base, *output, *words)
    assert status == 2 and hint in err
    assert len(err.splitlines()) == 1 and "Traceback" not in err


def test_a_photo_that_is_no_picture_exits_with_2(command, tmp_path):
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    # A backdrop, so that no other stage runs: gRPC's asyncio and threaded servers in one process
    # crash it now and then when a call between them is canceled.
    words = ["create", text, "--prompt", "x", "--backdrop", "#ffffff"]
    status, _, err = command(*words, "-o", tmp_path / "ad.png")
    assert status == 2 and "photo: is no picture" in err


def test_a_photo_that_does_not_exist_is_named(command, tmp_path):
    status, _, err = command("create", "nowhere.png", "--prompt", "x", "-o", tmp_path / "ad.png")
    assert status == 2 and "nowhere.png" in err


def test_a_gateway_that_does_not_answer_exits_with_1(command, photo):
    words = ["create", photo, "--prompt", "x", "-o", photo.with_name("ad.png")]
    status, _, err = command(*words, "--gateway", "unix:/nowhere", "--timeout", "3")
    assert status == 1 and "nothing answers at unix:/nowhere" in err
    assert err.endswith(
        "`cyclorama up` starts all services, and `cyclorama run` needs none running.\n"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cyclorama ver", "verify"),
        ("cyclorama create --engine segmentation=c", "segmentation=crop"),
        ("cyclorama create --js", "--json"),
        ("cyclorama jobs show jobs/", "jobs/"),
    ],
)
def test_the_shell_completes_commands_engines_options_and_jobs(
    running, monkeypatch, command, photo, words, expected
):
    campaign = photo.with_name("campaign.yaml")
    campaign.write_text(f"photo: {photo.name}\nprompts: one\nsizes: [64x64]\n")
    if "jobs" in words:
        assert command("campaign", campaign, "-o", photo.parent)[0] == 0
    monkeypatch.setenv("_CYCLORAMA_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    status, out, _ = command()
    offered = [line for line in out.splitlines() if line.startswith(expected)]
    assert status == 0 and offered


def test_help_shows_an_example_of_every_command(command):
    for name, lines in EXAMPLES.items():
        status, out, _ = command(*name.split(), "--help")
        assert status == 0
        assert all(line.split(" -")[0] in out for line in lines), name


def test_the_version_is_one_line(command):
    assert command("--version") == (0, f"cyclorama {__version__}\n", "")


def test_create_reads_standard_input_and_writes_only_the_ad_to_standard_output(running, photo):
    program = "from cyclorama.cli import main; main()"
    words = ["create", "-", "--prompt", "x", "-o", "-", "--size", "64x64", "--format", "jpg"]
    done = subprocess.run(
        [sys.executable, "-c", program, *words, "--gateway", running.address],
        env=os.environ | {"PYTHONPATH": str(ROOT / "clients")},
        input=photo.read_bytes(),
        capture_output=True,
    )
    assert done.returncode == 0 and b"finishing" in done.stderr
    assert done.stdout[:2] == b"\xff\xd8" and done.stdout[-2:] == b"\xff\xd9"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["-o", "-", "--json"], "standard output takes one of the two"),
        (["-o", "ad.png", "--format", "jpeg"], "the suffix of ad.png says png"),
        (["-o", "-", "--format", "bmp"], "use a name that ends in"),
    ],
)
def test_an_ad_has_one_format_and_one_place(command, photo, words, sentence):
    status, _, err = command("create", photo, "--prompt", "x", *words)
    assert status == 2 and sentence in err


@pytest.mark.parametrize("output", ["/proc/ad.png", "photo.png/ad.png", "folder"])
@pytest.mark.parametrize("name", ["create", "run", "replay", "stage segment", "layers"])
def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    command, photo, running, monkeypatch, name, output
):
    def make_nothing(*arguments, **options):
        raise AssertionError("the work began")

    monkeypatch.chdir(photo.parent)
    (photo.parent / "folder").mkdir()
    monkeypatch.setattr(cyclorama.Client, "run", make_nothing)
    words = {
        "create": ["create", photo, "--prompt", "x"],
        "run": ["run", photo, "x", "--gateway", running.address],
        "replay": ["replay", photo, "--photo", photo],
        "stage segment": ["stage", "segment", photo],
        "layers": ["create", photo, "--prompt", "x", "-o", "ad.png", "--layers"],
    }[name]
    # A folder is where `run` and --layers write to.
    if output == "folder" and name in ("run", "layers"):
        return
    option = [f"{output}/x.psd"] if name == "layers" else ["-o", output]
    status, _, err = command(*words, *option)
    assert status == 2 and "Traceback" not in err and output.split("/")[0] in err


def test_help_shows_brackets_as_they_are_written(command):
    _, out, _ = command("run", "--help")
    assert "cyclorama-services[local]." in out and " PHOTO [PROMPT] " in out
    assert "[[" not in out + command("jobs", "watch", "--help")[1]


def test_help_has_no_types_of_python(command):
    for name in ("create", "campaign", "run", "assess", "stage segment", "workflow check"):
        _, out, _ = command(*name.split(), "--help")
        assert not re.search(r"<\w+|list\[|<=|\{\w+\}", out), name
        assert "--json  " in out or "--json\n" in out
