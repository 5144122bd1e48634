"""A campaign of every kind of file: valid ones become ads, corrupt ones get an error."""

import csv
import json
from uuid import uuid4

import pytest

from benchmarks.mixed_files import KINDS, write_mix
from services.segmentation.engines.classic import ClassicSegmentation
from tests.support.system import job_store_settings, serve_system_in_thread

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """The folder of the gateway's jobs and artifacts."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def running(storage):
    jobs = job_store_settings(storage)
    with serve_system_in_thread(segmentation=ClassicSegmentation(), **jobs) as running:
        yield running


def test_files_of_every_kind_become_an_ad_or_an_error(command, storage, tmp_path):
    campaign, sent = write_mix(tmp_path / "photos", len(KINDS), "256x256")
    assert {each.kind for each in sent} == set(KINDS)
    out = tmp_path / "ads"
    words = ("campaign", campaign, "-o", out, "--request-id", str(uuid4()))

    def run() -> tuple[list[dict], list[str], dict]:
        status, _, err = command(*words)
        assert status == 3 and "Traceback" not in err
        with (out / "results.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        reports = json.loads((out / "report.json").read_text())["jobs"]
        artifacts = (path for path in (storage / "artifacts").rglob("*") if path.is_file())
        written = {path: path.stat().st_mtime_ns for path in artifacts}
        return rows, [report["job"] for report in reports], written

    rows, jobs, written = run()
    assert [line["photo"] for line in rows] == [str(each.path) for each in sent]
    for each, line in zip(sent, rows, strict=True):
        if each.reason:
            assert each.reason in line["error"] and not line["file"], each
        else:
            assert (out / line["file"]).stat().st_size > 1000 and not line["error"], each
    (clear,) = (line for each, line in zip(sent, rows, strict=True) if each.kind == "cut out")
    manifest = json.loads((out / clear["file"]).with_suffix(".json").read_text())
    assert manifest["stages"][0]["engine"] == "alpha"
    assert run() == (rows, jobs, written)
