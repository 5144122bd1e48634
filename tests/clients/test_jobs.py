"""Campaigns with the client and the command line, against a gateway with a job database."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.cli.campaign_command import explain_interruption
from cyclorama.cli.campaign_submission import submit_part
from cyclorama.cli.campaigns import CampaignPart
from cyclorama.cli.follow import CampaignJob, download_ad
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


def test_a_job_downloads_what_is_finished_by_now_whatever_it_was_when_it_was_read(
    client, photo, tmp_path
):
    job = client.jobs.submit([photo, BLACK], ["A table!", "a sea"], sizes=["64x64"], seed=3)
    job.wait()
    paths = job.download(tmp_path / "ads")
    assert [path.name for path in paths] == ["photo_a-table_64x64.png", "photo_a-sea_64x64.png"]
    assert all(path.with_suffix(".json").is_file() for path in paths)
    assert client.jobs.download(job, tmp_path / "ads") == paths


def test_a_second_job_replaces_no_file_of_the_first(client, photo, tmp_path):
    first, second = (
        client.jobs.submit(photo, "sand", sizes=["64x64"], seed=seed).wait() for seed in (1, 2)
    )
    (file,), (other,) = first.download(tmp_path), second.download(tmp_path)
    assert file.name == "photo_sand_64x64.png"
    assert other.name == f"photo_sand_64x64_{second.name.removeprefix('jobs/')[:8]}.png"
    assert file.read_bytes() == client.jobs.fetch(first.ads[0].artifact)
    assert first.download(tmp_path) == [file] and second.download(tmp_path) == [other]
    assert len(list(tmp_path.glob("photo_sand*"))) == 4


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
    assert last.retry_failed([0]).ended
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


async def test_jobs_work_with_asyncio(running, photo, tmp_path):
    async with AsyncClient(running.address) as client:
        job = await client.jobs.submit([photo, photo], ["x"], **SMALL)
        states = [event async for event in client.jobs.watch(job.name)]
        assert states[-1].state == (await client.jobs.get(job.name)).state == "succeeded"
        assert len(await client.jobs.fetch(states[-1].ads[1].artifact)) > 100
        assert job.name in [each.name async for each in client.jobs.list()]
        assert (await client.jobs.cancel(job.name)).state == "succeeded"
        names = [path.name for path in await job.download(tmp_path / "ads")]
        assert names == ["photo_x_256x256.png", "photo_x_2_256x256.png"]


def test_a_yaml_campaign_leaves_ads_manifests_and_a_report(command, photo, tmp_path):
    file, out = tmp_path / "campaign.yaml", tmp_path / "ads"
    file.write_text(
        f"photo: {photo.name}\nprompts: [a table, a beach]\nsizes: [256x256, 320x256]\n"
        "format: jpeg\nseed: 4\noptions:\n  compositing: {tint: 0}\n"
    )
    status, out_text, err = command("campaign", file, "-o", out)
    assert status == 0, err
    assert f"4 of 4 ads are in {out}" in out_text and "Look at all 4 ads." in out_text
    # Standard output is no terminal.
    ended = re.findall(r"^(\d) of 4  photo_a-\S+\.jpg  [\d.]+ of 10$", out_text, re.MULTILINE)
    assert ended == ["1", "2", "3", "4"] and f"\nreport: {out / 'report.html'}\n" in out_text
    assert "Look at this: " in (out / "report.html").read_text()
    names = [
        f"photo_{scene}_{size}.jpg"
        for scene in ("a-table", "a-beach")
        for size in ("256x256", "320x256")
    ]
    assert {path.name for path in out.glob("*.jpg")} == set(names)
    manifest = json.loads((out / "photo_a-table_320x256.json").read_text())
    assert manifest["ad"]["width"] == 320 and manifest["stages"][2]["parameters"]["tint"] == 0
    (report,) = json.loads((out / "report.json").read_text())["jobs"]
    assert [ad["file"] for ad in report["ads"]] == names
    assert report["stages"]["segmentation"]["computed"] <= 1


def test_a_campaign_makes_drafts_when_the_file_or_the_command_says_so(command, photo, tmp_path):
    lines = f"photo: {photo.name}\nprompts: [a table]\nsizes: [320x256]\nseed: 4\n"
    for name, text, option in (("file", "draft: true\n", []), ("command", "", ["--draft"])):
        file, out = tmp_path / f"{name}.yaml", tmp_path / name
        file.write_text(lines + text)
        assert command("campaign", file, "-o", out, *option)[0] == 0
        manifest = out / "photo_a-table_320x256.json"
        assert json.loads(manifest.read_text())["ad"]["width"] == 160
        (ad,) = json.loads((out / "report.json").read_text())["jobs"][0]["ads"]
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
    assert "2 of 3 ads are in" in out_text and "failed: line 3: black.png: " in out_text
    assert sorted(path.name for path in out.glob("*.png")) == [
        "photo_a-beach_256x320.png",
        "photo_a-table_256x256.png",
    ]
    jobs = json.loads((out / "report.json").read_text())["jobs"]
    assert [job["line"] for job in jobs] == [2, 3, 4] and "black" in jobs[1]["ads"][0]["error"]


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
        return [job["job"] for job in json.loads((out / "report.json").read_text())["jobs"]]

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
    (report,) = json.loads((tmp_path / "ads" / "report.json").read_text())["jobs"]
    assert [ad["photo"] for ad in report["ads"]] == [str(photo)] * 2 + [str(other)] * 2


def test_an_invalid_request_id_is_refused(command, tmp_path):
    (tmp_path / "ads.csv").touch()
    status, _, err = command("campaign", tmp_path / "ads.csv", "--request-id", "x")
    assert status == 2 and "--request-id x: write a UUID" in err


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("c.yaml", "[1, 2]", "write a mapping"),
        ("c.yaml", "photo: x.png\nprompts: [a]\ncolour: red", "colour is no key of a campaign"),
        ("c.yaml", "prompt: x", "at least one photo and one prompt"),
        ("c.yaml", "a: b: c", "c.yaml"),
        ("c.csv", "photo,prompt\nx.png,\n", "line 2"),
        ("c.yaml", "photo: nowhere.png\nprompts: [a]", "nowhere.png"),
    ],
)
def test_an_incomplete_campaign_file_is_refused_in_a_sentence(command, tmp_path, name, text, hint):
    file = tmp_path / name
    file.write_text(text)
    status, _, err = command("campaign", file, "-o", tmp_path / "ads")
    assert status == 2 and hint in err and "Traceback" not in err


def test_jobs_are_listed_shown_watched_and_cancelled(command, client, photo, tmp_path):
    name = client.jobs.submit(photo, ["a chair"], **SMALL).name
    assert command("jobs", "watch", name, "-o", tmp_path)[0] == 0
    assert len(list(tmp_path.glob("*_a-chair_*.png"))) == 1
    assert name in command("jobs", "list")[1] and "a chair, 1 photo" in command("jobs", "list")[1]
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


@pytest.mark.parametrize(
    "interruption",
    [KeyboardInterrupt(), SystemExit(143), CycloramaError(grpc.StatusCode.UNAVAILABLE, "down")],
)
def test_an_interruption_explains_how_to_resume_and_cancel(capfd, client, photo, interruption):
    jobs = [CampaignJob(CampaignPart((photo,), ("x",))) for _ in range(3)]
    with pytest.raises(type(interruption)), explain_interruption(Path("a b"), jobs):
        raise interruption
    assert not capfd.readouterr().err
    jobs[0].job = client.jobs.submit(photo, ["a chair"], **SMALL)
    with pytest.raises(type(interruption)), explain_interruption(Path("a b"), jobs):
        raise interruption
    err = capfd.readouterr().err
    assert "`cyclorama jobs watch -o 'a b'` resumes" in err
    assert "`cyclorama jobs cancel -o 'a b'` stops; 2 more were not submitted" in err


def read_table(folder: Path) -> list[dict[str, str]]:
    """Returns the rows of a campaign's results.csv."""
    with (folder / "results.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def table(photo, tmp_path):
    """A .csv campaign of two sound rows with a wrong one between them."""
    file = tmp_path / "ads.csv"
    file.write_bytes(
        f"\ufeffPhoto;Prompt;Size\r\n{photo.name};a table;64x64\r\nnone.png;a lake;64x64\r\n"
        f"{photo.name};a sea;64x64\r\n;;\r\n".encode()
    )
    return file


def test_a_wrong_row_of_a_table_is_reported_with_its_line_and_the_others_are_made(
    command, table, tmp_path
):
    out = tmp_path / "ads"
    status, printed, _ = command("campaign", table, "-o", out)
    rows = read_table(out)
    assert status == 3 and f"2 of 3 ads are in {out}" in printed
    assert [(row["line"], row["state"]) for row in rows] == [
        *(("2", "succeeded"), ("3", "failed"), ("4", "succeeded"))
    ]
    assert rows[1]["error"].startswith("line 3: ") and "none.png" in rows[1]["error"]
    assert rows[0]["file"] == "photo_a-table_64x64.png" and (out / rows[0]["file"]).is_file()


def test_a_table_without_a_sound_row_is_refused_and_leaves_its_reasons(command, tmp_path):
    file, out = tmp_path / "ads.csv", tmp_path / "ads"
    file.write_text("photo,prompt\nphoto.png,on a marble table, soft morning light\n")
    for _ in range(2):
        status, _, err = command("campaign", file, "-o", out)
        assert status == 2 and "line 2: has 3 cells for 2 columns" in err
    assert "has 3 cells for 2 columns" in read_table(out)[0]["error"]


def test_an_interrupted_campaign_has_a_whole_table_that_jobs_watch_completes(
    command, table, tmp_path, monkeypatch
):
    out, saved = tmp_path / "ads", []

    def interrupt_second(client, ad, path):
        saved.append(path)
        if len(saved) == 2:
            raise KeyboardInterrupt
        return download_ad(client, ad, path)

    monkeypatch.setattr("cyclorama.cli.follow.download_ad", interrupt_second)
    status, _, err = command("campaign", table, "-o", out)
    assert status == 130 and f"`cyclorama jobs watch -o {out}` resumes" in err
    first, wrong, second = read_table(out)
    assert first["file"] and wrong["error"] and not second["file"]
    monkeypatch.undo()
    monkeypatch.setenv("COLUMNS", "160")
    status, printed, _ = command("jobs", "watch", "-o", out)
    assert status == 3 and "and 1 more job: ads.csv, line 2: a table, 1 photo" in printed
    again = read_table(out)
    assert [(row["line"], row["photo"]) for row in again] == [
        (row["line"], row["photo"]) for row in (first, wrong, second)
    ]
    assert [bool(row["file"]) for row in again] == [True, False, True]
    assert again[0]["file"] == first["file"] and all((out / row["file"]).exists() for row in again)


def test_a_second_campaign_and_a_foreign_job_stay_out_of_a_folder(command, client, photo, tmp_path):
    file, out = tmp_path / "campaign.yaml", tmp_path / "ads"
    file.write_text(f"photo: {photo.name}\nprompt: one\nsize: 64x64\n")
    assert command("campaign", file, "-o", out)[0] == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    status, printed, _ = command("campaign", file, "-o", out)
    assert status == 0 and f"this one goes to {out}-2" in printed
    foreign = client.jobs.submit(photo, ["two"], **SMALL).name
    assert command("jobs", "watch", foreign, "-o", out)[0] == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert (tmp_path / "ads-2" / "photo_one_64x64.png").is_file()
    assert (tmp_path / "ads-3" / "report.json").is_file()


def test_jobs_watch_says_which_job_is_the_newest(command, client, photo, tmp_path):
    name = client.jobs.submit(photo, ["a red chair"], **SMALL).name
    status, printed, _ = command("jobs", "watch", "-o", tmp_path / "ads")
    assert status == 0 and f"{name}: a red chair, 1 photo" in printed


def test_jobs_are_listed_up_to_a_limit(command, client, photo):
    for prompt in ("one", "two"):
        client.jobs.submit(photo, [prompt], **SMALL)
    _, printed, _ = command("jobs", "list", "--limit", 1)
    assert "two, 1 photo" in printed and "one, 1 photo" not in printed
    assert "--limit 5 lists more" in printed
    assert command("jobs", "list", "--limit", 0)[0] == 2


def test_jobs_are_listed_by_time_and_owner_and_named_ones_without_their_ads(
    command, client, photo, monkeypatch
):
    job = client.jobs.submit(photo, ["a stone"], display_name="Spring", **SMALL)
    day = f"{job.created:%Y-%m-%d}"
    assert job.name in command("jobs", "list", "--since", day, "--limit", 1)[1]
    assert job.name not in command("jobs", "list", "--before", day)[1]
    assert job.name not in command("jobs", "list", "--since", "2100-01-01")[1]
    assert job.name not in command("jobs", "list", "--owner", "someone")[1]

    def refuse(self, name):
        raise AssertionError("the ads are not needed")

    monkeypatch.setattr("cyclorama.Jobs.get", refuse)
    assert "Spring" in command("jobs", "list", "--limit", 1)[1]


def test_a_folder_of_photos_is_a_campaign(command, photo, tmp_path):
    shots, out = tmp_path / "shots", tmp_path / "ads"
    shots.mkdir()
    (shots / "red.png").write_bytes(photo.read_bytes())
    (shots / "broken.jpg").touch()
    words = ("--prompt", "a table", "--prompt", "a sea", "--size", "64x64", "--draft")
    status, _, _ = command("campaign", shots, "-o", out, *words)
    rows = read_table(out)
    assert status == 3 and [row["state"] for row in rows] == ["failed", "succeeded", "succeeded"]
    assert {row["file"] for row in rows[1:]} == {"red_a-table_64x64.png", "red_a-sea_64x64.png"}
    seeds = {
        ad["seed"]
        for job in json.loads((out / "report.json").read_text())["jobs"]
        for ad in job["ads"]
        if ad["seed"] is not None
    }
    assert len(seeds) == 1


@pytest.mark.parametrize(
    ("interruption", "exit_status"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143)]
)
def test_an_interrupted_submission_is_continued_by_the_same_command(
    command, table, tmp_path, monkeypatch, interruption, exit_status
):
    def interrupt_third(client, part, *arguments, **options):
        if part.line == 4:
            raise interruption
        return submit_part(client, part, *arguments, **options)

    monkeypatch.setattr("cyclorama.cli.campaign_submission.submit_part", interrupt_third)
    assert command("campaign", table, "-o", tmp_path / "ads")[0] == exit_status
    first, wrong, second = read_table(tmp_path / "ads")
    assert first["state"] in ("queued", "running") and "none.png" in wrong["error"]
    assert second["line"] == "4" and "was not submitted" in second["error"]
    monkeypatch.undo()
    assert command("jobs", "watch", "-o", tmp_path / "ads")[0] == 3
    assert [bool(row["file"]) for row in read_table(tmp_path / "ads")] == [True, False, False]
    before = read_job_names(tmp_path / "ads")
    assert command("campaign", table, "-o", tmp_path / "ads")[0] == 3
    assert [bool(row["file"]) for row in read_table(tmp_path / "ads")] == [True, False, True]
    after = read_job_names(tmp_path / "ads")
    assert before[0] and before[2] is None and after[0] == before[0] and after[2]
    assert not (tmp_path / "ads-2").exists()


def read_job_names(folder: Path) -> list[str | None]:
    """Returns the names of the jobs of a campaign's report; None for a part without a job."""
    return [each["job"] for each in json.loads((folder / "report.json").read_text())["jobs"]]


@pytest.mark.parametrize("output", ["/proc/none", "ads.csv"])
def test_a_folder_that_cannot_be_written_submits_nothing(command, client, table, output):
    before = [job.name for job in client.jobs.list()]
    status, _, err = command("campaign", table, "-o", table.parent / output)
    assert status == 2 and "Traceback" not in err
    assert [job.name for job in client.jobs.list()] == before


def test_a_request_that_the_gateway_refuses_leaves_no_folder(command, photo, tmp_path):
    file, out = tmp_path / "campaign.yaml", tmp_path / "ads"
    file.write_text(f"photo: {photo.name}\nprompt: one\nsize: 1x1\n")
    assert command("campaign", file, "-o", out)[0] == 2 and not out.exists()


def test_all_jobs_of_a_campaign_are_canceled_by_its_folder(command, client, table, tmp_path):
    out = tmp_path / "ads"
    assert command("campaign", table, "-o", out)[0] == 3
    first, _, second = read_job_names(out)
    client.jobs.delete(first)
    status, printed, _ = command("jobs", "cancel", "-o", out)
    assert status == 0 and second in printed and first not in printed
    assert "name a job" in command("jobs", "cancel")[2]
    assert command("jobs", "cancel", second, "-o", out)[0] == 2


def test_a_deleted_job_does_not_stop_the_others_of_its_folder(command, client, table, tmp_path):
    out = tmp_path / "ads"
    assert command("campaign", table, "-o", out)[0] == 3
    rows, (first, *_) = read_table(out), read_job_names(out)
    client.jobs.delete(first)
    assert command("jobs", "watch", "-o", out)[0] == 3 and read_table(out) == rows
    (out / rows[0]["file"]).unlink()
    status, printed, _ = command("jobs", "watch", "-o", out)
    lost, _, kept = read_table(out)
    assert status == 3 and f"1 of 3 ads are in {out}" in printed and kept == rows[2]
    assert lost["state"] == "failed" and "is no longer kept" in lost["error"] and not lost["file"]


def test_a_job_that_is_deleted_while_it_is_watched_fails(command, table, tmp_path, monkeypatch):
    def delete_first(client, ad, path):
        if len(saved) == 1:
            client.jobs.delete(read_job_names(tmp_path / "ads")[2])
        saved.append(path)
        return download_ad(client, ad, path)

    saved = []
    monkeypatch.setattr("cyclorama.cli.follow.download_ad", delete_first)
    assert command("campaign", table, "-o", tmp_path / "ads")[0] == 3
    made, _, lost = read_table(tmp_path / "ads")
    assert made["state"] == "succeeded" and "is no longer kept" in lost["error"]
