"""The work of real ads: what stages are asked for them, and what each call takes of one core."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import grpc
from google.protobuf.message import Message

from benchmarks.serving import core_seconds, free_port, process
from cyclorama.v1 import ads_pb2, engine_pb2
from gateway.channels import SERVICE_CONFIG
from gateway.pipeline import PIPELINE
from gateway.requests import build_stage_request, fill_ad_defaults
from gateway.stage_methods import METHODS, name_from_stage

MIB = 2**20
LARGE = [(f"grpc.max_{way}_message_length", 64 * MIB) for way in ("send", "receive")]
EMBEDDED = {
    "segmentation": "classic",
    "background": "studio",
    "compositing": "opencv",
    "inpainting": "grounding",
    "finishing": "pillow",
}
# No engine of these draws all shadows by itself.
PLAN = {ads_pb2.STAGE_INPAINTING: engine_pb2.EngineStatus()}
WARM_SIDE = 256
SAMPLES = Path(__file__).parents[1] / "clients/samples"
PHOTOS = ("bottle", "jar")
PROMPTS = ("on a marble table, soft morning light", "wooden table, garden bokeh")


@dataclass
class Work:
    """One kind of call: its requests, and of each the core seconds and the bytes both ways."""

    requests: list[Message] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)


def work_of_ads(side: int, count: int) -> dict[str, Work]:
    """Makes ads of this size with the embedded engines on one core, stage after stage.

    Returns the work by stage.
    """
    works = {name: Work() for name in EMBEDDED}
    with ExitStack() as stack:
        running = {stage: stack.enter_context(alone(stage, first_core())) for stage in EMBEDDED}
        pids = {stage: each.pid for stage, (_, each) in running.items()}
        channels = {
            stage: stack.enter_context(balanced([address]))
            for stage, (address, _) in running.items()
        }
        # The first calls of a process take longer.
        for ad in ads(WARM_SIDE, 1):
            _make(ad, channels, pids, {name: Work() for name in works})
        for ad in ads(side, count):
            _make(ad, channels, pids, works)
    return works


def alone(stage: str, core: int) -> AbstractContextManager[tuple[str, subprocess.Popen]]:
    """A stage with its embedded engine on one core and a port, as process() gives it."""
    engine = {f"CYCLORAMA_{stage.upper()}_ENGINES": EMBEDDED[stage]}
    return process(f"services.{stage}", [core], port=free_port(), **engine)


def balanced(addresses: Sequence[str]) -> grpc.Channel:
    """A channel that sends calls to replicas in turn, as the gateway does."""
    options = [*LARGE, ("grpc.service_config", json.dumps(SERVICE_CONFIG))]
    return grpc.insecure_channel(f"ipv4:{','.join(addresses)}", options)


def first_core() -> int:
    """The one that a single replica runs on."""
    return min(os.sched_getaffinity(0))


def ads(side: int, count: int) -> Iterator[ads_pb2.CreateAdRequest]:
    """So many different ads of sample photos, with the defaults of the gateway."""
    cases = list(product(PROMPTS, PHOTOS))[:count]
    for seed, (prompt, photo) in enumerate(cases, 1):
        ad = ads_pb2.CreateAdRequest(prompt=prompt)
        ad.photo.data = (SAMPLES / f"{photo}.jpg").read_bytes()
        ad.size.width = ad.size.height = side
        yield fill_ad_defaults(ad, seed)


def answered(stage: int, channel: grpc.Channel) -> Callable[[Message], Message]:
    """The method of a stage as a function that returns its last answer."""
    method = METHODS[stage]
    rpc = getattr(method.stub(channel), method.name)
    if not method.streams:
        return rpc
    return lambda request: list(rpc(request))[-1].result


def _make(
    ad: ads_pb2.CreateAdRequest,
    channels: dict[str, grpc.Channel],
    pids: dict[str, int],
    works: dict[str, Work],
) -> None:
    results: dict[int, Message] = {}
    for step in PIPELINE:
        name = name_from_stage(step.stage)
        request = build_stage_request(step.stage, ad, results, PLAN, "raw")
        call = answered(step.stage, channels[name])
        results[step.stage] = _watched(call, request, pids[name], works[name])


def _watched(call: Callable[[Message], Message], request: Message, pid: int, work: Work) -> Message:
    before = core_seconds(pid)
    answer = call(request)
    work.seconds.append(core_seconds(pid) - before)
    work.requests.append(request)
    work.sent.append(request.ByteSize())
    work.received.append(answer.ByteSize())
    return answer
