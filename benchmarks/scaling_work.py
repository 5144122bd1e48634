"""Measures the calls of real ads: requests, core seconds and bytes of each stage."""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import grpc
from google.protobuf.message import Message

from benchmarks.serving import find_free_port, read_core_seconds, start_process
from cyclorama.v1 import ads_pb2, engine_pb2
from gateway.channels import StageChannels
from gateway.manifest import StageDescription, describe_stage
from gateway.pipeline import PIPELINE
from gateway.requests import build_stage_request, fill_ad_defaults
from gateway.settings import GatewaySettings
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
# None of these inpainting engines paints all shadows itself.
PLAN = {ads_pb2.STAGE_INPAINTING: engine_pb2.EngineStatus()}
WARM_SIDE = 256
SAMPLES = Path(__file__).parents[1] / "clients/samples"
PHOTOS = ("bottle", "jar")
PROMPTS = ("on a marble table, soft morning light", "wooden table, garden bokeh")


@dataclass
class StageCalls:
    """The calls of one stage: requests, core seconds, and bytes sent and received."""

    requests: list[Message] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)


def measure_ads(side: int, count: int) -> dict[str, StageCalls]:
    """Creates ads with the embedded engines on one core, and returns the calls by stage."""
    works = {name: StageCalls() for name in EMBEDDED}
    with ExitStack() as stack:
        running = {
            stage: stack.enter_context(start_pinned_stage(stage, get_first_core()))
            for stage in EMBEDDED
        }
        pids = {stage: each.pid for stage, (_, each) in running.items()}
        channels = {
            stage: stack.enter_context(grpc.insecure_channel(address, LARGE))
            for stage, (address, _) in running.items()
        }
        # The first calls of a process are slower.
        for ad in create_ad_requests(WARM_SIDE, 1):
            _run_ad(ad, channels, pids, {name: StageCalls() for name in works})
        for ad in create_ad_requests(side, count):
            _run_ad(ad, channels, pids, works)
    return works


def start_pinned_stage(
    stage: str, core: int
) -> AbstractContextManager[tuple[str, subprocess.Popen]]:
    """Starts a stage with its embedded engine on one core: its address and process."""
    engine = {f"CYCLORAMA_{stage.upper()}_ENGINES": EMBEDDED[stage]}
    return start_process(f"services.{stage}", [core], port=find_free_port(), **engine)


@contextmanager
def open_balanced_stage(
    stage: int, addresses: Sequence[str]
) -> Iterator[Callable[[Message], Message]]:
    """Yields the method of a stage, callable from threads, balanced as the gateway does.

    addresses: host:port of the replicas.
    """
    method, name, loop = METHODS[stage], name_from_stage(stage), asyncio.new_event_loop()
    settings = GatewaySettings(**{f"{name}_address": ",".join(addresses)}, max_message_mib=64)
    channels = StageChannels(settings)

    async def send(request: Message) -> Message:
        replica = await channels.wait_for_replica(name)
        with replica.open_call() as channel:
            call = getattr(method.stub(channel), method.name)(request, timeout=60)
            if not method.streams:
                return await call
            return [response async for response in call][-1].result

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda request: asyncio.run_coroutine_threadsafe(send(request), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def get_first_core() -> int:
    """Returns the core that a single replica runs on."""
    return min(os.sched_getaffinity(0))


def create_ad_requests(side: int, count: int) -> Iterator[ads_pb2.CreateAdRequest]:
    """Yields different requests with sample photos and the defaults of the gateway."""
    cases = list(product(PROMPTS, PHOTOS))[:count]
    for seed, (prompt, photo) in enumerate(cases, 1):
        ad = ads_pb2.CreateAdRequest(prompt=prompt)
        ad.photo.data = (SAMPLES / f"{photo}.jpg").read_bytes()
        ad.size.width = ad.size.height = side
        yield fill_ad_defaults(ad, seed)


def bind_stage_method(stage: int, channel: grpc.Channel) -> Callable[[Message], Message]:
    """Returns the method of a stage as a function that returns its last response."""
    method = METHODS[stage]
    rpc = getattr(method.stub(channel), method.name)
    if not method.streams:
        return rpc
    return lambda request: list(rpc(request))[-1].result


def _run_ad(
    ad: ads_pb2.CreateAdRequest,
    channels: dict[str, grpc.Channel],
    pids: dict[str, int],
    works: dict[str, StageCalls],
) -> None:
    results: dict[int, Message] = {}
    descriptions: dict[int, StageDescription] = {}
    # The photo stays in the request, with an empty key.
    sizes = {ad.photo.uri: len(ad.photo.data)}
    for step in PIPELINE:
        name = name_from_stage(step.stage)
        request = build_stage_request(step.stage, ad, sizes, results, descriptions, PLAN, "raw")
        call = bind_stage_method(step.stage, channels[name])
        results[step.stage] = _measure_call(call, request, pids[name], works[name])
        descriptions[step.stage] = describe_stage(step.stage, results[step.stage])


def _measure_call(
    call: Callable[[Message], Message], request: Message, pid: int, work: StageCalls
) -> Message:
    before = read_core_seconds(pid)
    response = call(request)
    work.seconds.append(read_core_seconds(pid) - before)
    work.requests.append(request)
    work.sent.append(request.ByteSize())
    work.received.append(response.ByteSize())
    return response
