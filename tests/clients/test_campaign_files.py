"""Campaigns as they are written, and the files that a campaign writes."""

import csv
import json
import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import grpc
import pytest

from cyclorama import Client, CycloramaError, Job, JobAd
from cyclorama.ad_flags import FLAGS
from cyclorama.cli.campaign_folder import (
    CampaignRecord,
    claim_campaign_folder,
    write_campaign,
    write_review,
)
from cyclorama.cli.campaign_submission import PartIds, submit_campaign_parts, submit_part
from cyclorama.cli.campaigns import FilePart, parse_request_id, read_campaign
from cyclorama.cli.flag_options import FLAG_OPTIONS
from cyclorama.cli.follow import CampaignJob, download_ad
from cyclorama.cli.jobs import describe_job, tabulate_jobs
from cyclorama.cli.output import SafeConsole
from cyclorama.v1 import ads_pb2
from tests.clients.scripted import fail_with, serve_gateway


def read_yaml(folder: Path, text: str, **flags: object) -> FilePart:
    """Reads a .yaml campaign of photos a.png and b.png; flags: of the command line."""
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"photo")
    (folder / "brand.woff2").write_bytes(b"font")
    file = folder / "campaign.yaml"
    file.write_text(text)
    (part,) = read_campaign(file, flags).parts
    return part


def read_csv(folder: Path, text: str, **flags: object) -> tuple[FilePart, ...]:
    """Reads a .csv campaign of photos a.png and b.png; flags: of the command line."""
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"photo")
    file = folder / "ads.CSV"
    file.write_text(text)
    return read_campaign(file, flags).parts


def accept_job(request, context) -> ads_pb2.SubmitJobResponse:
    """Responds to SubmitJob with a job that is named after the request id."""
    return ads_pb2.SubmitJobResponse(
        job={"name": f"jobs/{request.request_id}", "state": "JOB_STATE_QUEUED"}
    )


def create_job(*ads: JobAd) -> Job:
    """Returns a finished job with some ads."""
    time = datetime(2026, 11, 28, 9, 30)
    return Job("jobs/1", "succeeded", time, time, ads, {}, {"background": (1, 2)})


def create_job_ad(**fields) -> JobAd:
    """Returns a succeeded ad of a job; fields replace the defaults."""
    defaults = {"prompt": "sand", "size": (64, 32), "seed": 7, "photo": "ff", "state": "succeeded"}
    return JobAd(**defaults | {"artifact": "a", "manifest": "m", "error": ""} | fields)


def test_a_yaml_campaign_has_paths_relative_to_its_file(tmp_path):
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "c.png").touch()
    part = read_yaml(tmp_path, "photos: [a.png, shots]\nprompts: [x]\nvariants: 2\n")
    assert part.photos == (tmp_path / "a.png", tmp_path / "shots" / "c.png")
    assert part.prompts == ("x",) and part.arguments == {"variants": 2} and not part.line


def test_one_photo_and_one_prompt_need_no_list(tmp_path):
    part = read_yaml(tmp_path, "photo: a.png\nprompt: on sand\nsize: 64 x 32\n")
    assert part.photos == (tmp_path / "a.png",) and part.prompts == ("on sand",)
    assert part.arguments == {"sizes": [(64, 32)]}


def test_a_yaml_campaign_takes_every_option_of_create(tmp_path):
    text = (
        "photo: a.png\nprompt: x\nnegative: dust\ndraft: yes\nprofile: meta-feed\nformat: jpg\n"
        "seed: 7\nengine: {segmentation: classic}\noption: {compositing.tint: 0}\n"
        "product: mug\nproduct-height: 95\nbackdrop: '#e8d9c0'\nspot: 0.5,0.6,0.4\n"
        "headline: 50 % off\n"
        "call: Shop now\nlogo: b.png\nquality: 90\nmax_kb: 150\ndpi: 300\n"
        "text-anchor: top_left\ntext_size: 0.1\ntext_color: '#1d3557'\n"
        "text_look: poster\nbutton_color: '#ffd166'\nfont: brand.woff2\nwithout-veil: yes\n"
        "options: {compositing: {locked: true}, delivery: {dpi: 72}}\n"
    )
    assert read_yaml(tmp_path, text).arguments == {
        "negative_prompt": "dust",
        "draft": True,
        "format": "jpeg",
        "seed": 7,
        "engines": {"segmentation": "classic"},
        "options": {"compositing": {"locked": True, "tint": 0}, "delivery": {"dpi": 72}},
        "product": "mug",
        "product_height_mm": 95,
        "backdrop": "#e8d9c0",
        "spot": (0.5, 0.6, 0.4),
        "headline": "50 % off",
        "call_to_action": "Shop now",
        "logo": tmp_path / "b.png",
        "text_anchor": "top_left",
        "text_look": "poster",
        "text_size": 0.1,
        "text_color": "#1d3557",
        "button_color": "#ffd166",
        "font_file": tmp_path / "brand.woff2",
        "without_veil": True,
        "profile": "meta-feed",
        "quality": 90,
        "max_kb": 150,
        "dpi": 300,
    }
    assert FLAG_OPTIONS.keys() == FLAGS.keys()
    assert all(re.search(f"^{name}[-:]".replace("_", "[-_]"), text, re.MULTILINE) for name in FLAGS)


def test_the_command_line_precedes_the_file(tmp_path):
    part = read_yaml(
        *(tmp_path, "photo: a.png\nprompt: x\nsize: 1x2\nseed: 3\nheadline: New\n"),
        prompt=["y", "z"],
        size=["3x4"],
        seed=0,
        headline="",
        draft=True,
    )
    assert part.prompts == ("y", "z") and part.arguments == {
        "sizes": [(3, 4)],
        "seed": 0,
        "draft": True,
        "headline": "New",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "weather: warm",
            "weather is no key of a campaign \\(the keys are .*backdrop, button_color, ",
        ),
        ("headlin: New", "headlin is no key of a campaign; did you mean headline?"),
        ("layers: all", "layers: campaigns have no layers; `cyclorama create --layers`"),
        ("output: ads", "the folder is named on the command line"),
        ("backdrop: #e8d9c0", "backdrop is empty; put colors in quotes"),
        ("seed: soon", "seed soon: write a number"),
        ("quality: 1.5", "quality 1.5: write a whole number"),
        ("draft: later", "draft later: write yes or no"),
        ("headline: [a]", "write a text"),
        ("format: bmp", "format bmp: ad.bmp: use a name that ends in .*png"),
        ("logo: none.png", "logo|none.png: No such file"),
        ("backdrop: red", "backdrop .*red: No such file; .*, or write a color in hexadecimal"),
        ("sizes: [big]", "WIDTHxHEIGHT"),
        ("prompts: [x: y]", "put a colon in quotes"),
        ("overrides: [3]", "overrides: write a list of mappings"),
        ("overrides: 3", "overrides: write a list of mappings"),
        ("labels: [shop]", "labels .*: write a mapping, such as"),
        ("seed: .inf", "seed inf: write a number"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_the_file(tmp_path, text, sentence):
    base = "photo: a.png\n" + ("" if text.startswith("prompts") else "prompt: x\n")
    with pytest.raises(ValueError, match=rf"campaign\.yaml: .*({sentence})"):
        read_yaml(tmp_path, base + text)


def test_an_override_names_photo_prompt_and_size_by_their_value(tmp_path):
    part = read_yaml(
        tmp_path,
        "photos: [a.png, b.png]\nprompts: [x, y]\nsizes: [64x32, 32x64]\noverrides:\n"
        "  - {photo: b.png, prompt: y, size: 32x64, variant: 1, lettering: {headline: New}}\n"
        "  - {size: 32x64, headline: New, max_kb: 90, format: jpg, draft: no, negative: dust}\n",
    )
    assert part.arguments["overrides"] == [
        {
            "photo": tmp_path / "b.png",
            "prompt": "y",
            "size": (32, 64),
            "variant": 1,
            "lettering": {"headline": "New"},
        },
        {
            "size": (32, 64),
            "headline": "New",
            "max_kb": 90,
            "format": "jpeg",
            "draft": False,
            "negative_prompt": "dust",
        },
    ]


def test_a_key_of_an_override_that_is_no_text_is_named_as_one(tmp_path):
    part = read_yaml(tmp_path, "photo: a.png\nprompt: x\noverrides: [{3: 3}]\n")
    assert part.arguments["overrides"] == [{"3": 3}]


@pytest.mark.parametrize("override", ["photo: c.png", "prompt: z", "size: 1x1"])
def test_an_override_of_something_else_is_refused(tmp_path, override):
    (tmp_path / "c.png").touch()
    text = f"photo: a.png\nprompts: [x]\nsizes: [64x32]\noverrides: [{{{override}}}]\n"
    with pytest.raises(ValueError, match="which the campaign lacks"):
        read_yaml(tmp_path, text)


def test_a_csv_has_one_part_per_row_with_its_line(tmp_path):
    text = "Prompt;Photo;Size;Max-KB;Shelf\nsand;a.png;64x32, 32x64;20;7\n;;;;\nsnow;b.png;;;\n"
    assert read_csv(tmp_path, text) == (
        FilePart(
            (tmp_path / "a.png",),
            ("sand",),
            {
                "sizes": [(64, 32), (32, 64)],
                "max_kb": 20,
            },
            2,
        ),
        FilePart((tmp_path / "b.png",), ("snow",), {}, 4),
    )
    assert read_campaign(tmp_path / "ads.CSV", {}).unused_columns == ("shelf",)


def test_a_wrong_row_of_a_csv_has_an_error_with_its_line_and_the_others_are_read(tmp_path):
    rows = {
        "a.png,sand,64x32": "",
        "missing.png,sand,64x32": "missing.png: No such file",
        "a.png,sand,large": ": size large: write WIDTHxHEIGHT",
        "a.png,,64x32": "prompt is empty",
        "a.png,sand, soft light,64x32": "has 4 cells for 3 columns; put a text",
        "a.png,sand,soft light": ": size soft light: write",
        "b.png,snow,": "",
    }
    parts = read_csv(tmp_path, "photo,prompt,size\n" + "\n".join(rows))
    for line, (part, error) in enumerate(zip(parts, rows.values(), strict=True), start=2):
        assert part.line == line and bool(part.error) == bool(error)
        assert not error or (part.error.startswith(f"line {line}: ") and error in part.error)
    assert parts[1].photos == (tmp_path / "missing.png",) and parts[1].prompts == ("sand",)


def test_a_prompt_of_the_command_line_is_that_of_every_row(tmp_path):
    parts = read_csv(tmp_path, "photo\na.png\nb.png\n", prompt=["sand"])
    assert [part.prompts for part in parts] == [("sand",), ("sand",)]


@pytest.mark.parametrize(("written", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_photo_is_found_whichever_form_its_accents_have(tmp_path, written, stored):
    folder = tmp_path / "cr\u00e8mes"
    folder.mkdir()
    photo = folder / unicodedata.normalize(stored, "cr\u00e8me.png")
    photo.touch()
    name = unicodedata.normalize(written, "cr\u00e8me.png")
    (part,) = read_csv(tmp_path, f"photo,prompt\ncr\u00e8mes\\{name},sand\n")
    assert part.photos == (photo,)


def test_a_folder_has_a_part_for_each_photo_with_one_seed_for_all(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    flags = {"prompt": ["x", "y"], "size": ["64x32"], "headline": "New", "dpi": None}
    campaign, request_id = read_campaign(tmp_path, flags), str(UUID(int=1))
    first, second = campaign.list_parts(request_id)
    assert (first.photos, second.photos) == ((tmp_path / "a.png",), (tmp_path / "b.JPG",))
    assert first.prompts == ("x", "y") and first.arguments == second.arguments
    assert first.arguments["sizes"] == [(64, 32)]
    assert [first, second] == campaign.list_parts(request_id)
    assert first != campaign.list_parts(str(UUID(int=2)))[0]
    seeded = read_campaign(tmp_path, flags | {"seed": 7})
    assert seeded.list_parts(request_id)[0].arguments["seed"] == 7


def test_a_yaml_with_too_much_for_one_job_has_a_part_for_each_photo(tmp_path, monkeypatch):
    monkeypatch.setattr("cyclorama.cli.campaigns.MAX_JOB_MIB", 0)
    read = "photos: [a.png, b.png]\nprompt: x\n"
    with pytest.raises(ValueError, match="too many values"):
        read_yaml(tmp_path, read)
    assert len(read_campaign(tmp_path / "campaign.yaml", {}).parts) == 2


@pytest.mark.parametrize("name", ["ads.xlsx", "ads"])
def test_another_kind_of_file_is_refused_with_what_to_do(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match="spreadsheets save as CSV"):
        read_campaign(tmp_path / name, {})


def test_a_folder_without_photos_or_prompt_is_refused(tmp_path):
    with pytest.raises(ValueError, match="contains no photos"):
        read_campaign(tmp_path, {"prompt": ["x"]})
    (tmp_path / "a.png").touch()
    with pytest.raises(ValueError, match="at least one photo and one prompt"):
        read_campaign(tmp_path, {"prompt": None})


def test_a_request_id_is_a_uuid_in_any_form_or_empty():
    assert parse_request_id("", "--id") == ""
    assert parse_request_id("{00000000-0000-0000-0000-00000000000A}", "") == str(UUID(int=10))
    with pytest.raises(ValueError, match="--id 7: write a UUID"):
        parse_request_id("7", "--id")


def submit(client: Client, part: FilePart, *, is_whole: bool = False):
    """Submits a part; returns the name of its job, or its error."""
    request_id = PartIds(str(UUID(int=1))).derive(part)
    result = submit_part(client, part, request_id, "ads.csv", is_whole=is_whole)
    return result if isinstance(result, str) else result.name


def test_parts_have_request_ids_that_depend_on_all_that_shapes_their_ads(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    (tmp_path / "logo.png").write_bytes(b"logo")
    base = FilePart((tmp_path / "a.png",), ("sand",), {"logo": tmp_path / "logo.png"}, 2)

    def derive(part: FilePart, request_id: str = str(UUID(int=1))) -> str:
        return PartIds(request_id).derive(part)

    first = derive(base)
    assert derive(replace(base, line=9)) == first != derive(base, str(UUID(int=2)))
    assert derive(replace(base, prompts=("snow",))) != first
    assert derive(replace(base, arguments={"sizes": [(1, 2)]})) != first
    assert derive(replace(base, arguments={"overrides": [{"labels": {3: 3, "a": 1}}]})) != first
    (tmp_path / "logo.png").write_bytes(b"another")
    second = derive(base)
    (tmp_path / "a.png").write_bytes(b"two")
    assert len({first, second, derive(base)}) == 3


def test_equal_parts_of_a_campaign_are_jobs_of_their_own(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    part = FilePart((tmp_path / "a.png",), ("sand",), {}, 2)
    first, again = PartIds(str(UUID(int=1))), PartIds(str(UUID(int=1)))
    ids = [first.derive(each) for each in (part, replace(part, line=3), part)]
    assert len(set(ids)) == 3 and ids == [again.derive(part) for _ in ids]


def test_a_request_id_of_a_file_is_that_of_every_part(tmp_path, monkeypatch):
    text = f"photos: [a.png, b.png]\nprompt: x\nrequest_id: {UUID(int=1)}\n"
    assert "request_id" not in read_yaml(tmp_path, text).arguments
    monkeypatch.setattr("cyclorama.cli.campaigns.MAX_JOB_MIB", 0)
    campaign = read_campaign(tmp_path / "campaign.yaml", {})
    assert campaign.request_id == str(UUID(int=1)) and len(campaign.parts) == 2
    ids = PartIds(campaign.request_id)
    assert len({ids.derive(part) for part in campaign.parts}) == 2
    with pytest.raises(ValueError, match="request_id 7: write a UUID"):
        read_yaml(tmp_path, "photo: a.png\nprompt: x\nrequest_id: 7\n")


def test_a_job_is_named_after_its_campaign_and_part_unless_the_file_names_it(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    part = FilePart((tmp_path / "a.png",), ("sand",))
    with serve_gateway(SubmitJob=accept_job) as gateway, Client(gateway.address) as client:
        submit(client, part, is_whole=True)
        submit(client, part)
        submit(client, replace(part, line=7))
        submit(client, replace(part, arguments={"display_name": "Spring"}))
    names = [request.campaign.display_name for request in gateway.requests]
    assert names == ["ads.csv", "ads.csv, a.png", "ads.csv, line 7", "Spring"]


def test_a_yaml_campaign_names_and_labels_its_job(tmp_path):
    text = "photo: a.png\nprompt: x\ndisplay-name: Spring\nlabels: {year: 2026}\nad_timeout: 90\n"
    arguments = read_yaml(tmp_path, text).arguments
    assert arguments == {"display_name": "Spring", "labels": {"year": "2026"}, "ad_timeout": 90}


def test_an_error_of_one_part_is_returned_and_one_of_the_system_raised(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    part = FilePart((tmp_path / "a.png",), ("sand",), line=2)
    refuse = fail_with(grpc.StatusCode.INVALID_ARGUMENT, "photo: is empty", reason="INVALID_IMAGE")
    with serve_gateway(SubmitJob=refuse) as gateway, Client(gateway.address) as client:
        assert "photo: is empty" in submit(client, part)
        with pytest.raises(CycloramaError, match="is empty"):
            submit(client, part, is_whole=True)
    down = fail_with(grpc.StatusCode.UNAVAILABLE, "down", reason="JOB_DATABASE_UNAVAILABLE")
    with (
        serve_gateway(SubmitJob=down) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="down"),
    ):
        submit(client, part)


def test_a_campaign_waits_while_the_queue_is_full(tmp_path, capsys):
    full = fail_with(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "full", reason="JOB_QUEUE_FULL", retry_seconds="0"
    )
    handlers = iter([accept_job, full, full, full, full, accept_job])
    (tmp_path / "a.png").write_bytes(b"one")
    part = FilePart((tmp_path / "a.png",), ("sand",), line=2)
    jobs = [CampaignJob(part), CampaignJob(replace(part, line=3))]
    record = CampaignRecord("", str(UUID(int=1)), jobs)
    with (
        serve_gateway(SubmitJob=lambda *call: next(handlers)(*call)) as gateway,
        Client(gateway.address) as client,
    ):
        submit_campaign_parts(client, record, tmp_path / "ads", "ads.csv", SafeConsole(width=80))
    assert all(each.job for each in jobs)
    printed = capsys.readouterr().out
    assert printed.count("line 3: waits, as the queue of the gateway is full") == 1


def test_a_job_with_more_ads_than_the_queue_has_space_for_fails_at_once(tmp_path):
    full = fail_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "full", reason="JOB_QUEUE_FULL")
    (tmp_path / "a.png").write_bytes(b"one")
    jobs = [CampaignJob(FilePart((tmp_path / "a.png",), ("sand",)))]
    record = CampaignRecord("", str(UUID(int=1)), jobs)
    with (
        serve_gateway(SubmitJob=full) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="full"),
    ):
        submit_campaign_parts(client, record, tmp_path / "ads", "ads.csv", SafeConsole())


def test_a_rejected_part_is_reported_like_a_failed_ad():
    part = FilePart((Path("a.png"),), ("sand",), line=3)
    (ad,) = CampaignJob(part, error="no").report_ads()
    assert (ad["photo"], ad["state"], ad["error"], ad["size"]) == ("a.png", "failed", "no", None)
    assert ad["line"] == 3 and ad["seed"] is None
    (made,) = CampaignJob(part, create_job(create_job_ad())).report_ads()
    assert ad.keys() == made.keys() and made["seed"] == 7


def serve_artifacts(**files: bytes):
    """Returns a handler that streams one of several artifacts by name."""
    return lambda request, context: iter([ads_pb2.GetArtifactResponse(data=files[request.name])])


def test_an_ad_is_saved_with_the_suffix_of_its_format_and_its_manifest(tmp_path):
    manifest = json.dumps({"ad": {"format": "jpeg", "width": 2, "height": 1}}).encode()
    with (
        serve_gateway(GetArtifact=serve_artifacts(a=b"picture", m=manifest)) as gateway,
        Client(gateway.address) as client,
    ):
        path = download_ad(client, create_job_ad(), tmp_path / "new" / "v1.2")
    assert path == tmp_path / "new" / "v1.2.jpg" and path.read_bytes() == b"picture"
    assert path.with_suffix(".json").read_bytes() == manifest + b"\n"


def test_a_report_names_the_photo_and_the_file_of_every_ad(tmp_path):
    ads = [create_job_ad(prompt=prompt) for prompt in ("a", "b", "a", "b")]
    part = FilePart((Path("one.png"), Path("two.png")), ("a", "b"))
    job = CampaignJob(part, create_job(*ads), saved={0: tmp_path / "one.png"})
    reported = job.report_ads()
    assert [ad["photo"] for ad in reported] == ["one.png", "one.png", "two.png", "two.png"]
    assert [ad["file"] for ad in reported] == ["one.png", None, None, None]
    (report,) = CampaignRecord("ads.yaml", "", [job]).report()["jobs"]
    assert report["created"] == "2026-11-28T09:30:00Z"
    assert report["stages"] == {"background": {"computed": 1, "cached": 2}}
    assert report["photos"] == ["one.png", "two.png"] and report["error"] == ""


def test_an_ad_of_a_job_from_elsewhere_has_the_name_of_its_photo():
    named = create_job_ad(photo_name="mug.png", state="failed", error_reason="PRODUCT_NOT_FOUND")
    job = CampaignJob(FilePart((), ()), create_job(named, create_job_ad()))
    first, second = job.report_ads()
    assert (first["photo"], second["photo"]) == ("mug.png", None)
    assert first["error_reason"] == "PRODUCT_NOT_FOUND"


def finish_job(*ads: JobAd, line: int = 0) -> CampaignJob:
    """Returns a job that was followed to its end, with a file for each finished ad."""
    files = {at: Path(f"{at}.png") for at, ad in enumerate(ads) if ad.state == "succeeded"}
    part = FilePart((Path("a,b.png"),), (), line=line)
    return CampaignJob(part, create_job(*ads), saved=files)


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_of_a_campaign_has_every_ad_before_and_after_its_end(tmp_path):
    fields = {"reasons": "halo 5 px", "engines": {"background": "studio"}}
    good = create_job_ad(prompt='x "y"', score=8.1, flaw_probability=0.04, **fields)
    failed = create_job_ad(state="failed", error="line\nbreak", size=(0, 0))
    waiting = create_job_ad(state="queued", artifact="", manifest="")
    record = CampaignRecord("", "", [finish_job(good, line=2), finish_job(failed, waiting, line=3)])
    write_campaign(record, tmp_path / "new")
    first, second, third = read_rows(tmp_path / "new" / "results.csv")
    assert first == {
        "line": "2",
        "photo": "a,b.png",
        "prompt": 'x "y"',
        "size": "64x32",
        "state": "succeeded",
        "file": "0.png",
        "error": "",
        "mark": "8.1",
        "flaw_probability": "0.04",
        "needs_review": "",
        "reasons": "halo 5 px",
        "engines": "background: studio",
    }
    assert (second["size"], second["file"], second["mark"]) == ("", "", "")
    assert second["error"] == "line\nbreak" and second["line"] == "3"
    assert third["state"] == "queued" and not third["file"]


def test_a_review_of_all_jobs_says_whom_to_look_at_and_completes_the_table(tmp_path):
    good = create_job_ad(score=9.0, flaw_probability=0.01)
    poor = create_job_ad(score=3.0, flaw_probability=0.8, prompt="<b>dark")
    failed = create_job_ad(state="failed", error="photo: is empty")
    record = CampaignRecord("ads.csv", "", [finish_job(good, poor, failed)])
    report = write_review(record, tmp_path, 0.05)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    review = report["review"]
    assert review["look_at"] == ["1.png"] and review["flawed_share"] == 0.01
    assert review["text"] == "Look at 1 of 2 ads first. The other one is ready."
    rows = read_rows(tmp_path / "results.csv")
    assert [row["needs_review"] for row in rows] == ["no", "yes", ""]
    page = (tmp_path / "report.html").read_text()
    assert review["report"] == str(tmp_path / "report.html")
    assert "<b>" not in page and "&lt;b&gt;dark" in page and "Photo: is empty." in page


def claim(*arguments: object) -> tuple[Path, str]:
    """Claims a folder for a moment; returns it and the request ID of its campaign."""
    with claim_campaign_folder(*arguments) as claimed:
        return claimed


def test_a_folder_with_another_campaign_is_left_as_it_is(tmp_path):
    folder, request_id = tmp_path / "ads", str(UUID(int=1))
    assert claim(folder)[0] == folder and claim(folder)[1] != claim(folder)[1]
    rejected = CampaignJob(FilePart((), ()), error="line 2: no")
    write_campaign(CampaignRecord("", "", [rejected]), folder)
    assert claim(folder)[0] == folder
    write_campaign(CampaignRecord("", request_id, [rejected, finish_job(create_job_ad())]), folder)
    assert claim(folder)[0] == tmp_path / "ads-2"
    assert claim(folder, request_id) == (folder, request_id)
    assert claim(folder, str(UUID(int=2)))[0] == tmp_path / "ads-2"
    (tmp_path / "ads-2" / "results.csv").touch()
    assert claim(folder, request_id)[0] == folder
    assert claim(folder)[0] == tmp_path / "ads-3"


def test_a_folder_that_a_command_writes_to_is_left_to_it(tmp_path):
    folder, request_id = tmp_path / "ads", str(UUID(int=1))
    with claim_campaign_folder(folder, request_id, "f") as claimed:
        assert claimed == (folder, request_id)
        write_campaign(CampaignRecord("", request_id, [CampaignJob(FilePart((), ()))]), folder)
        assert claim(folder, request_id)[0] == tmp_path / "ads-2"


def test_a_campaign_continues_where_parts_of_it_were_not_submitted(tmp_path):
    folder, request_id = tmp_path / "ads", str(UUID(int=1))
    pending = CampaignJob(FilePart((), ()))
    write_campaign(CampaignRecord("", request_id, [pending], "f"), folder)
    assert claim(folder, "", "f") == (folder, request_id)
    assert claim(folder, "", "another")[0] == tmp_path / "ads-2"
    assert claim(folder, str(UUID(int=2)), "f")[0] == tmp_path / "ads-2"
    write_campaign(CampaignRecord("", request_id, [finish_job(create_job_ad())], "f"), folder)
    assert claim(folder, "", "f")[0] == tmp_path / "ads-2"


def test_a_list_of_jobs_fits_80_columns_and_says_what_each_makes(capsys):
    name = "jobs/5ae7ef29-d6cb-4f65-952b-39622c86753c"
    job = create_job(create_job_ad(prompt="[b]sand[/b]"))
    jobs = [replace(job, name=name, counts={"succeeded": 1, "waiting": 11})]
    SafeConsole(width=80).print(tabulate_jobs(jobs))
    head, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == [name, "succeeded", "1/12", "2026-11-28", "09:30"]
    assert second.strip() == "[b]sand[/b], 1 photo, 64x32" and "submitted, UTC" in head
    SafeConsole(width=80).print(tabulate_jobs([replace(jobs[0], state="partially_succeeded")]))
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == [name, "partial"]


def test_a_job_is_described_by_what_it_makes():
    job = create_job(create_job_ad())
    assert describe_job(job) == "sand, 1 photo, 64x32"
    assert describe_job(replace(job, display_name="Spring")) == "Spring: sand, 1 photo, 64x32"
    ads = [
        create_job_ad(prompt=prompt, photo=photo, size=size)
        for photo in ("a", "b")
        for prompt in ("a marble table in the soft light of a winter morning", "snow", "sea")
        for size in ((64, 32), (32, 64))
    ]
    assert describe_job(create_job(*ads)) == (
        "a marble table in the soft light of ... and 2 more scenes, 2 photos, 64x32 and 1 more size"
    )
