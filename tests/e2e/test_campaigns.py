"""Campaigns of a gateway process that is killed, with kill -9, while each stage is at work."""

import signal

import pytest

from cyclorama import Client
from services.runtime.images import PNG, encode
from tests.pictures import draw_product
from tests.processes import STAGES, Process, eventually, processes

PHOTO = encode(draw_product(320, 256)[0], PNG).data
METHODS = {
    "segmentation": "Segment",
    "background": "Generate",
    "compositing": "Composite",
    "inpainting": "Inpaint",
}


@pytest.fixture
def kept(tmp_path) -> dict[str, str]:
    """The environment of a gateway that keeps its jobs in a folder."""
    return {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACTS": str(tmp_path / "artifacts"),
    }


def restarted(running: dict[str, Process], kept: dict[str, str]) -> Process:
    """Another gateway at the address of the one that was killed."""
    addresses = {f"CYCLORAMA_GATEWAY_{stage.upper()}": running[stage].address for stage in STAGES}
    return Process("gateway", running["gateway"].address, **addresses | kept)


def finished_calls(process: Process, stage: str) -> int:
    return sum(line.get("method") == METHODS[stage] for line in process.lines)


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_gateway_goes_on_at_the_stage_that_it_was_at(kept, tmp_path, stage):
    earlier = STAGES[: STAGES.index(stage)]
    with processes(**kept) as running, Client(running["gateway"].address, timeout=60) as client:
        running[stage].signal(signal.SIGSTOP)
        job = client.jobs.submit(PHOTO, ["a marble table"], sizes=[(320, 320)], seed=2)
        results = tmp_path / "artifacts" / "records"
        eventually(lambda: len(list(results.glob("*/*"))) >= len(earlier), "what comes before")
        running["gateway"].send(signal.SIGKILL)
        running[stage].signal(signal.SIGCONT)
        running["gateway"] = restarted(running, kept)
        *_, last = client.jobs.watch(job.name)
        assert last.state == "succeeded"
        assert {each: last.stages[each] for each in earlier} == dict.fromkeys(earlier, (0, 1))
        assert all(finished_calls(running[each], each) == 1 for each in earlier)
