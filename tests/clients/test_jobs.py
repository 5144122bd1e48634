"""Campaigns with the client and the command line, against a gateway with a job database."""

import csv
import io
import json
from dataclasses import replace
from uuid import uuid4

import numpy as np
import pytest

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.cli.jobs import explain_interruption
from services.imaging.images import encode_image
from services.runtime.formats import PNG

SMALL = {"sizes": [(256, 256)], "seed": 3}
BLACK = encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data


@pytest.fixture
def client(running):
    with Client(running.address, timeout=60) as client:
        yield client


def test_a_job_is_watched_to_its_end_and_its_ads_are_fetched(client, photo):
    job = client.jobs.submit(photo, ["a table", "a beach"], **SMALL)
    assert [ad.prompt for ad in job.ads] == ["a table", "a beach"]
    *_, last = client.jobs.watch(job.name)
    assert last.ended and last.count("succeeded") == 2
    assert replace(last, sequence=0) == client.jobs.get(job.name)
    ad = last.ads[0]
    data = client.jobs.fetch(ad.artifact)
    assert data[:4] == b"\x89PNG" and client.jobs.fetch(ad.artifact, 4) == data[4:]
    assert json.loads(client.jobs.fetch(ad.manifest))["request"]["prompt"] == "a table"


def test_an_ad_of_a_job_has_its_mark_its_faults_and_a_preview(client, photo):
    options = {"delivery": {"profile": "google-merchant"}}
    job = client.jobs.submit(photo, ["a table"], sizes=[(256, 256)], seed=3, options=options)
    assert job.ads[0].score == 0 and job.ads[0].profile is None
    *_, last = client.jobs.watch(job.name)
    (ad,) = last.ads
    manifest = json.loads(client.jobs.fetch(ad.manifest))
    assert ad.score == pytest.approx(manifest["quality"]["score"])
    assert ad.flaw_probability == pytest.approx(manifest["quality"]["flaw_probability"])
    faults = ("VERDICT_WARN", "VERDICT_FAIL")
    for measurements, report in (
        (ad.measurements, manifest["quality"]),
        (ad.profile.measurements, manifest["profile"]),
    ):
        expected = [each["name"] for each in report["findings"] if each["verdict"] in faults]
        assert [each.name for each in measurements] == expected
    assert ad.profile.passed is manifest["profile"].get("passed", False)
    assert client.jobs.fetch(ad.preview)[:2] == b"\xff\xd8"


def test_the_same_request_id_returns_the_same_job(client, photo):
    request_id = str(uuid4())
    first, second = (
        client.jobs.submit(photo, ["x"], request_id=request_id, **SMALL) for _ in range(2)
    )
    assert first.name == second.name == f"jobs/{request_id}"


def test_jobs_are_listed_by_state_and_cancelled(client, photo):
    failed = client.jobs.submit(BLACK, ["x"], **SMALL)
    *_, last = client.jobs.watch(failed.name)
    assert last.state == "failed" and "black" in last.ads[0].error
    assert failed.name in [job.name for job in client.jobs.list("failed")]
    assert client.jobs.cancel(failed.name).state == "failed"


def test_a_job_is_labelled_retried_and_deleted(client, photo):
    labels = {"shop": uuid4().hex}
    job = client.jobs.submit(
        [photo, BLACK], ["x"], display_name="Spring", labels=labels, ad_timeout=60, **SMALL
    )
    *_, last = client.jobs.watch(job.name)
    assert last.state == "partially_succeeded" and last.ended and last.display_name == "Spring"
    ad = last.ads[1]
    assert (ad.error_reason, ad.error_stage) == ("PRODUCT_NOT_FOUND", "segmentation")
    assert ad.error_status == "FAILED_PRECONDITION"
    assert last.ads[0].photo_name == photo.name
    assert client.jobs.retry_failed(job.name).count("waiting") == 1
    *_, last = client.jobs.watch(job.name)
    (listed,) = client.jobs.list(labels=labels, created_from=last.created)
    assert listed.name == job.name and listed.labels == labels and not listed.ads
    client.jobs.delete(job.name)
    assert not list(client.jobs.list(labels=labels))


def test_a_missing_job_is_an_error_of_the_caller(client):
    with pytest.raises(CycloramaError) as caught:
        client.jobs.get("jobs/none")
    assert caught.value.reason == "NOT_FOUND" and caught.value.caller_can_fix


async def test_jobs_work_with_asyncio(running, photo):
    async with AsyncClient(running.address) as client:
        job = await client.jobs.submit([photo, photo], ["x"], **SMALL)
        states = [event async for event in client.jobs.watch(job.name)]
        assert states[-1].state == (await client.jobs.get(job.name)).state == "succeeded"
        assert len(await client.jobs.fetch(states[-1].ads[1].artifact)) > 100
        assert job.name in [each.name async for each in client.jobs.list()]
        assert (await client.jobs.cancel(job.name)).state == "succeeded"


def test_a_yaml_campaign_leaves_ads_manifests_and_a_report(command, photo, tmp_path):
    file, out = tmp_path / "campaign.yaml", tmp_path / "ads"
    file.write_text(
        f"photo: {photo.name}\nprompts: [a table, a beach]\nsizes: [256x256, 320x256]\n"
        "format: jpeg\nseed: 4\noptions:\n  compositing: {tint: 0}\n"
    )
    status, out_text, err = command("campaign", file, "-o", out)
    assert status == 0, err
    assert "succeeded: 4 of 4 ads" in out_text and "flawed" in out_text
    assert "mark 4 or less" in (out / "report.html").read_text()
    assert sorted(path.name for path in out.glob("*.jpg")) == [f"000{n}.jpg" for n in (1, 2, 3, 4)]
    manifest = json.loads((out / "0002.json").read_text())
    assert manifest["ad"]["width"] == 320 and manifest["stages"][2]["parameters"]["tint"] == 0
    report = json.loads((out / "report.json").read_text())
    assert [ad["file"] for ad in report["ads"]] == [f"000{n}.jpg" for n in (1, 2, 3, 4)]
    assert report["stages"]["segmentation"]["computed"] <= 1


def test_a_campaign_makes_drafts_when_the_file_or_the_command_says_so(command, photo, tmp_path):
    lines = f"photo: {photo.name}\nprompts: [a table]\nsizes: [320x256]\nseed: 4\n"
    for name, text, option in (("file", "draft: true\n", []), ("command", "", ["--draft"])):
        file, out = tmp_path / f"{name}.yaml", tmp_path / name
        file.write_text(lines + text)
        assert command("campaign", file, "-o", out, *option)[0] == 0
        assert json.loads((out / "0001.json").read_text())["ad"]["width"] == 160
        (ad,) = json.loads((out / "report.json").read_text())["ads"]
        assert ad["draft"] and ad["size"] == [320, 256]


def test_a_failed_line_of_a_csv_does_not_stop_the_others(command, photo, tmp_path):
    (tmp_path / "black.png").write_bytes(BLACK)
    file, out = tmp_path / "ads.csv", tmp_path / "ads"
    file.write_text(
        f"photo,prompt,size\n{photo.name},a table,256x256\nblack.png,a table,256x256\n"
        f"{photo.name},a beach,256x320\n"
    )
    status, out_text, _ = command("campaign", file, "-o", out)
    assert status == 3
    assert "failed: 0 of 1 ads" in out_text
    assert sorted(path.name for path in out.glob("*.png")) == ["0001-0001.png", "0003-0001.png"]
    report = json.loads((out / "0002-report.json").read_text())
    assert "black" in report["ads"][0]["error"]


def test_a_refused_line_of_a_csv_does_not_stop_the_others(command, photo, tmp_path):
    (tmp_path / "empty.jpg").touch()
    file, out = tmp_path / "ads.csv", tmp_path / "ads"
    photos = ["empty.jpg", "nowhere.png", photo.name]
    file.write_text("photo,prompt\n" + "".join(f"{each},a table\n" for each in photos), "utf-8-sig")
    status, _, err = command("campaign", file, "-o", out)
    assert status == 3 and "Traceback" not in err
    with (out / "results.csv").open(newline="") as lines:
        empty, nowhere, good = csv.DictReader(lines)
    assert [each["state"] for each in (empty, nowhere, good)] == ["failed", "failed", "succeeded"]
    assert empty["photo"].endswith("empty.jpg") and "is empty" in empty["error"]
    assert nowhere["photo"].endswith("nowhere.png") and "nowhere.png" in nowhere["error"]
    assert (out / good["file"]).is_file() and good["size"] == "1024x1024" and not good["error"]


def test_the_same_request_id_runs_only_changed_lines(command, photo, tmp_path):
    file, out = tmp_path / "ads.csv", tmp_path / "ads"
    request_id = str(uuid4())
    file.write_text(f"photo,prompt,size\n{photo.name},a table,64x64\n{photo.name},a sea,64x64\n")

    def jobs() -> list[str]:
        status, _, err = command("campaign", file, "-o", out, "--request-id", request_id)
        assert status == 0, err
        reports = (json.loads((out / f"000{n}-report.json").read_text()) for n in (1, 2))
        return [report["job"] for report in reports]

    first, second = jobs(), jobs()
    assert first == second
    file.write_text(file.read_text().replace("a sea", "a beach"))
    third = jobs()
    assert third[0] == first[0] and third[1] != first[1]


def test_the_report_of_a_yaml_campaign_names_the_photo_of_each_ad(command, photo, tmp_path):
    other = photo.with_name("other.png")
    other.write_bytes(photo.read_bytes())
    file = tmp_path / "campaign.yaml"
    file.write_text(f"photos: [{photo.name}, {other.name}]\nprompts: [a, b]\nsizes: [64x64]\n")
    assert command("campaign", file, "-o", tmp_path / "ads")[0] == 0
    report = json.loads((tmp_path / "ads" / "report.json").read_text())
    assert [ad["photo"] for ad in report["ads"]] == [str(photo)] * 2 + [str(other)] * 2


def test_an_invalid_request_id_is_refused(command, tmp_path):
    (tmp_path / "ads.csv").touch()
    status, _, err = command("campaign", tmp_path / "ads.csv", "--request-id", "x")
    assert status == 2 and "--request-id x: write a UUID" in err


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("c.yaml", "[1, 2]", "write a mapping"),
        ("c.yaml", "photo: x.png\nprompts: [a]\ncolour: red", "write a mapping"),
        ("c.yaml", "photo: x.png", "at least one photo and one prompt"),
        ("c.yaml", "a: b: c", "c.yaml"),
        ("c.csv", "photo,prompt\nx.png,\n", "line 2"),
        ("c.yaml", "photo: nowhere.png\nprompts: [a]", "nowhere.png"),
    ],
)
def test_an_incomplete_campaign_file_is_refused_in_a_sentence(command, tmp_path, name, text, hint):
    file = tmp_path / name
    file.write_text(text)
    status, _, err = command("campaign", file)
    assert status == 2 and hint in err and "Traceback" not in err


def test_jobs_are_listed_shown_watched_and_cancelled(command, client, photo, tmp_path):
    name = client.jobs.submit(photo, ["a chair"], **SMALL).name
    assert command("jobs", "watch", name, "-o", tmp_path)[0] == 0
    assert (tmp_path / "0001.png").exists()
    assert name in command("jobs", "list")[1]
    assert "a chair" in command("jobs", "show", name)[1]
    assert name in command("jobs", "show")[1]
    assert "1 ads were made" in command("jobs", "cancel", name)[1]
    assert command("jobs", "show", "jobs/none")[0] == 2


def test_jobs_are_retried_and_deleted_from_the_command_line(command, client, monkeypatch):
    name = client.jobs.submit(BLACK, ["a chair"], **SMALL).name
    *_, _last = client.jobs.watch(name)
    assert "1 ads wait" in command("jobs", "retry", name)[1]
    *_, _last = client.jobs.watch(name)
    assert f'"job": "{name}"' in command("jobs", "retry", name, "--json")[1]
    *_, _last = client.jobs.watch(name)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert command("jobs", "delete", name)[0] == 1 and client.jobs.get(name)
    status, out, _ = command("jobs", "delete", name, "--yes")
    assert status == 0 and out.endswith(f"{name} is deleted\n")
    assert command("jobs", "delete", name, "--yes")[0] == 2


def test_ctrl_c_explains_how_to_resume_a_running_job(capfd):
    with pytest.raises(KeyboardInterrupt), explain_interruption():
        raise KeyboardInterrupt
    assert "cyclorama jobs watch" in capfd.readouterr().err
