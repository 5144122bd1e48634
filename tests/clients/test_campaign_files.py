"""Campaign files, and the names of the files that a campaign writes."""

import csv
import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

import grpc
import pytest

from cyclorama import Client, CycloramaError, Job, JobAd
from cyclorama.cli.campaigns import (
    SubmittedPart,
    parse_request_id,
    read_campaign_file,
    report_rejection,
    submit_part,
)
from cyclorama.cli.follow import FollowedJob, download_ad, report_job, write_report
from cyclorama.cli.reviewing import write_results_csv, write_review
from cyclorama.report_page import ReportedAd
from cyclorama.v1 import ads_pb2
from tests.clients.scripted import fail_with, serve_gateway


def read_yaml(folder: Path, text: str) -> dict:
    """Reads a .yaml campaign and returns its arguments of Jobs.submit."""
    file = folder / "campaign.yaml"
    file.write_text(text)
    ((prefix, arguments),) = read_campaign_file(file)
    assert prefix == ""
    return arguments


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
    arguments = read_yaml(tmp_path, "photos: [a.png, b/c.png]\nprompts: [x]\nvariants: 2\n")
    assert arguments["photos"] == [tmp_path / "a.png", tmp_path / "b" / "c.png"]
    assert arguments["prompts"] == ["x"] and arguments["variants"] == 2


def test_one_photo_and_one_prompt_need_no_list(tmp_path):
    arguments = read_yaml(tmp_path, "photo: a.png\nprompts: on sand\nsizes: [64x32]\n")
    assert arguments["photos"] == [tmp_path / "a.png"] and arguments["prompts"] == ["on sand"]
    assert arguments["sizes"] == [(64, 32)]


def test_an_override_names_photo_prompt_and_size_by_their_value(tmp_path):
    arguments = read_yaml(
        tmp_path,
        "photos: [a.png, b.png]\nprompts: [x, y]\nsizes: [64x32, 32x64]\noverrides:\n"
        "  - {photo: b.png, prompt: y, size: 32x64, lettering: {headline: New}}\n",
    )
    assert arguments["overrides"] == [
        {
            "photo": tmp_path / "b.png",
            "prompt": "y",
            "size": (32, 64),
            "lettering": {"headline": "New"},
        }
    ]


@pytest.mark.parametrize("override", ["photo: c.png", "prompt: z", "size: 1x1"])
def test_an_override_of_something_else_is_refused(tmp_path, override):
    text = f"photo: a.png\nprompts: [x]\nsizes: [64x32]\noverrides: [{{{override}}}]\n"
    with pytest.raises(ValueError, match="which the campaign lacks"):
        read_yaml(tmp_path, text)


def test_a_csv_has_one_part_per_line_numbered_for_its_files(tmp_path):
    file = tmp_path / "ads.CSV"
    file.write_text("photo,prompt,size\na.png,sand,64x32\nb.png,snow,\n")
    assert read_campaign_file(file) == [
        ("0001-", {"photos": [tmp_path / "a.png"], "prompts": ["sand"], "sizes": [(64, 32)]}),
        ("0002-", {"photos": [tmp_path / "b.png"], "prompts": ["snow"]}),
    ]


def test_a_request_id_is_a_uuid_in_any_form_or_empty():
    assert parse_request_id("") == ""
    assert parse_request_id("{00000000-0000-0000-0000-00000000000A}") == str(UUID(int=10))
    with pytest.raises(ValueError, match="write a UUID"):
        parse_request_id("7")


def test_lines_have_request_ids_that_depend_on_all_that_shapes_their_ad(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    base = {"photos": [tmp_path / "a.png"], "prompts": ["sand"]}
    with serve_gateway(SubmitJob=accept_job) as gateway, Client(gateway.address) as client:

        def submitted(arguments: dict, prefix: str = "0001-") -> str:
            return submit_part(client, prefix, arguments, str(UUID(int=1))).job

        first = submitted(base)
        assert submitted(base) == submitted(base, "0009-") == first
        assert submitted(base | {"prompts": ["snow"]}) != first
        assert submitted(base | {"sizes": [(1, 2)]}) != first
        assert submitted(base, "") == f"jobs/{UUID(int=1)}"
        (tmp_path / "a.png").write_bytes(b"two")
        assert submitted(base) != first


def test_without_a_request_id_every_submission_is_a_new_job(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    arguments = {"photos": [tmp_path / "a.png"], "prompts": ["sand"]}
    with serve_gateway(SubmitJob=accept_job) as gateway, Client(gateway.address) as client:
        jobs = {submit_part(client, "0001-", arguments, "").job for _ in range(2)}
    assert len(jobs) == 2


def test_an_error_of_one_line_is_returned_and_one_of_the_system_raised(tmp_path):
    (tmp_path / "a.png").write_bytes(b"one")
    arguments = {"photos": [tmp_path / "a.png"], "prompts": ["sand"]}
    refuse = fail_with(grpc.StatusCode.INVALID_ARGUMENT, "photo: is empty", reason="INVALID_IMAGE")
    with serve_gateway(SubmitJob=refuse) as gateway, Client(gateway.address) as client:
        part = submit_part(client, "0001-", arguments, "")
        assert part.error == "INVALID_ARGUMENT: photo: is empty" and not part.job
        with pytest.raises(CycloramaError, match="is empty"):
            submit_part(client, "", arguments, "")
    down = fail_with(grpc.StatusCode.UNAVAILABLE, "down", reason="JOB_DATABASE_UNAVAILABLE")
    with (
        serve_gateway(SubmitJob=down) as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError, match="down"),
    ):
        submit_part(client, "0001-", arguments, "")


def test_a_rejected_line_is_reported_like_a_failed_job():
    part = SubmittedPart("0001-", {"photos": [Path("a.png")], "prompts": ["sand"]}, error="no")
    rejected = report_rejection(part)
    report, (ad,) = rejected.report, rejected.report["ads"]
    assert report["state"] == "failed" and report["job"] is None
    assert (ad["photo"], ad["state"], ad["error"], ad["size"]) == ("a.png", "failed", "no", None)
    assert ad.keys() == report_job(create_job(create_job_ad()))["ads"][0].keys()


def serve_artifacts(**files: bytes):
    """Returns a handler that streams one of several artifacts by name."""
    return lambda request, context: iter([ads_pb2.GetArtifactResponse(data=files[request.name])])


def test_an_ad_is_saved_with_the_suffix_of_its_format_and_its_manifest(tmp_path):
    manifest = json.dumps({"ad": {"format": "jpeg"}}).encode()
    with (
        serve_gateway(GetArtifact=serve_artifacts(a=b"picture", m=manifest)) as gateway,
        Client(gateway.address) as client,
    ):
        path = download_ad(client, create_job_ad(), tmp_path / "new" / "0001")
    assert path == tmp_path / "new" / "0001.jpg" and path.read_bytes() == b"picture"
    assert path.with_suffix(".json").read_bytes() == manifest


def test_a_report_names_the_photo_and_the_file_of_every_ad(tmp_path):
    ads = [create_job_ad(prompt=prompt) for prompt in ("a", "b", "a", "b")]
    photos = [Path("one.png"), Path("two.png")]
    report = report_job(create_job(*ads), {0: tmp_path / "0001.png"}, photos)
    assert [ad["photo"] for ad in report["ads"]] == ["one.png", "one.png", "two.png", "two.png"]
    assert [ad["file"] for ad in report["ads"]] == ["0001.png", None, None, None]
    assert report["created"] == "2026-11-28T09:30:00Z"
    assert report["stages"] == {"background": {"computed": 1, "cached": 2}}
    assert report_job(create_job())["ads"] == []


def test_a_report_is_written_with_its_own_path(tmp_path):
    path = tmp_path / "new" / "report.json"
    report = write_report({"job": "jobs/1"}, path)
    assert report == {"job": "jobs/1", "report": str(path)} == json.loads(path.read_text())


def follow_ads(*ads: JobAd) -> FollowedJob:
    """Returns a job that was followed to its end, with a file for each finished ad."""
    job = create_job(*ads)
    files = {at: Path(f"{at}.png") for at, ad in enumerate(ads) if ad.state == "succeeded"}
    report = report_job(job, files, [Path("a,b.png")])
    return FollowedJob(
        report,
        [
            ReportedAd(ad, "a,b.png", fields["file"] or "")
            for ad, fields in zip(ads, report["ads"], strict=True)
        ],
    )


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_results_are_rows_of_a_table_as_soon_as_their_job_ends(tmp_path):
    path = tmp_path / "new" / "results.csv"
    fields = {"reasons": "halo 5 px", "engines": {"background": "studio"}}
    good = create_job_ad(prompt='x "y"', score=8.1, flaw_probability=0.04, **fields)
    failed = create_job_ad(state="failed", error="line\nbreak", size=(0, 0))
    jobs = write_results_csv([follow_ads(good), follow_ads(failed)], path)
    next(jobs)
    (row,) = read_rows(path)
    assert row == {
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
    next(jobs)
    row = read_rows(path)[1]
    assert (row["size"], row["file"], row["mark"]) == ("", "", "")
    assert row["error"] == "line\nbreak"


def test_a_review_of_all_jobs_says_whom_to_look_at_and_completes_the_table(tmp_path):
    good = create_job_ad(score=9.0, flaw_probability=0.01)
    poor = create_job_ad(score=3.0, flaw_probability=0.8, prompt="<b>dark")
    failed = create_job_ad(state="failed", error="photo: is empty")
    review = write_review([follow_ads(good, poor, failed)], tmp_path, 0.05)
    assert review["look_at"] == ["1.png"] and review["flawed_share"] == 0.01
    assert review["text"].startswith("Look at this 1 of 2. The other one is flawed")
    rows = read_rows(tmp_path / "results.csv")
    assert [row["needs_review"] for row in rows] == ["no", "yes", ""]
    page = (tmp_path / "report.html").read_text()
    assert review["report"] == str(tmp_path / "report.html")
    assert "<b>" not in page and "&lt;b&gt;dark" in page and "Photo: is empty." in page
