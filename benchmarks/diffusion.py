"""Overhead and reliability of our client for image servers, compared with a plain one.

python -m benchmarks.diffusion [--quick]

The servers are doubles in their own processes. Theirs is a simple client with requests and Pillow:
a new connection per call, default PNG, all calls sent at once, servers round robin.
"""

import argparse
import base64
import io
import logging
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count, product
from pathlib import Path

import cv2
import numpy as np
import requests
import structlog
from PIL import Image

from benchmarks.plain_comfyui import (
    build_graph,
    generate_plainly,
    queue_graph,
    wait_until_idle,
)
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.diffusion.dialects import DialectSettings
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.servers import ImageServers
from services.diffusion.settings import SamplingOptions
from tools.doubles.a1111.process import ServerDouble, run_double
from tools.doubles.comfyui.options import MODEL_FILE
from tools.doubles.comfyui.process import ComfyDouble
from tools.doubles.comfyui.process import run_double as run_comfyui
from tools.doubles.process import DoubleProcess

PHOTO = Path(__file__).parents[1] / "clients/samples/bottle.jpg"
STRENGTH = 0.35
TIMEOUT_SECONDS = 300
CALLERS = 40


def main() -> None:
    """Measures overhead, control latency under load, two servers, and the loss of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    quick = parse_arguments(parser).quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows = [
        *measure_overhead(5 if quick else 30),
        measure_control_latency(4 if quick else 10),
        measure_throughput("a1111", 8 if quick else 24),
        measure_server_loss(),
        measure_comfyui_overhead(5 if quick else 30),
        measure_throughput("comfyui", 8 if quick else 24),
        measure_cancellation(3 if quick else 10),
    ]
    write_report(
        "diffusion", rows, quick, ["requests", "urllib3", "pillow", "opencv-python-headless"]
    )


def measure_overhead(repeats: int) -> Iterator[BenchmarkRow]:
    """Measures the time of a call beyond the server's own, alternating sizes, ours and theirs."""
    sizes = {512: 60, 1024: 120}
    spent = defaultdict(list)
    with run_double("a1111") as server:
        clients = {
            "ours": generate_with_client(create_client(server)),
            "theirs": generate_with_requests(server),
        }
        inits = {side: load_init_image(side) for side in sizes}
        for seed in range(repeats + 1):
            for side, (name, generate) in product(sizes, clients.items()):
                spent[side, name].append(
                    measure_client_seconds(
                        server, generate, create_repaint_request(inits[side], seed)
                    )
                )
    for side, goal in sizes.items():
        # The first call of each probes the server, opens connections and warms caches.
        figures = (1e3 * statistics.median(spent[side, name][1:]) for name in ("theirs", "ours"))
        claim = f"img2img {side} px, beyond the server's time"
        yield BenchmarkRow(claim, "ms", *figures, goal, lower_is_better=True)


def measure_client_seconds(
    server: ServerDouble,
    generate: Callable[[DiffusionRequest], np.ndarray],
    request: DiffusionRequest,
) -> float:
    """Returns the seconds of a call minus those that the server reports."""
    start = time.perf_counter()
    generate(request)
    return time.perf_counter() - start - server.state()["seconds"][-1]


def measure_control_latency(rounds: int) -> BenchmarkRow:
    """Measures the slowest GET of many while 40 calls are in flight at a server with 8 workers."""
    slowest = {}
    with run_double("sdcpp", 0.1) as server:
        servers = create_client(server)
        for name, generate in (
            ("theirs", generate_with_requests(server)),
            ("ours", generate_with_client(servers)),
        ):
            ended, durations = threading.Event(), []
            listener = threading.Thread(target=poll_models, args=(server, ended, durations))
            with ThreadPoolExecutor(CALLERS) as threads:
                listener.start()
                list(
                    threads.map(
                        lambda n, generate=generate: generate(create_small_request(n)),
                        range(rounds * 4),
                    )
                )
            ended.set()
            listener.join()
            slowest[name] = 1e3 * max(durations)
    claim = f"slowest GET while {min(CALLERS, rounds * 4)} calls wait"
    return BenchmarkRow(claim, "ms", slowest["theirs"], slowest["ours"], 50, lower_is_better=True)


def poll_models(server: ServerDouble, ended: threading.Event, durations: list[float]) -> None:
    """Requests the list of models 20 times per second until `ended`."""
    with requests.Session() as session:
        while not ended.wait(0.05):
            start = time.perf_counter()
            session.get(f"{server.url}/sdapi/v1/sd-models", timeout=TIMEOUT_SECONDS)
            durations.append(time.perf_counter() - start)


def measure_throughput(dialect: str, images: int) -> BenchmarkRow:
    """Measures images per second of two servers and of one, both through our client."""
    rates = []
    run = {"a1111": run_double, "comfyui": run_comfyui}[dialect]
    with run(seconds=0.5) as first, run(seconds=0.5) as second:
        for each in ([first], [first, second]):
            generate = generate_with_client(create_client(*each, dialect=dialect))
            generate(create_small_request(0))
            with ThreadPoolExecutor(8) as threads:
                start = time.perf_counter()
                list(
                    threads.map(
                        lambda n, generate=generate: generate(create_small_request(n)),
                        range(images),
                    )
                )
                rates.append(images / (time.perf_counter() - start))
    claim = f"{dialect}: two servers against one"
    return BenchmarkRow(claim, "pictures/s", *rates, goal=1.9, bounded="ratio")


def measure_comfyui_overhead(repeats: int) -> BenchmarkRow:
    """Measures the time of a call beyond the server's own, at 512 pixels, ours and theirs."""
    init, spent = load_init_image(512), defaultdict(list)
    with run_comfyui() as server:
        clients = {
            "ours": generate_with_client(create_client(server, dialect="comfyui")),
            "theirs": partial(generate_plainly, server.url, model=MODEL_FILE),
        }
        for seed, (name, generate) in product(range(repeats + 1), clients.items()):
            before, start = read_server_seconds(server), time.perf_counter()
            generate(create_repaint_request(init, seed))
            seconds = time.perf_counter() - start
            spent[name].append(seconds - (read_server_seconds(server) - before))
    # The first call of each probes the server and warms caches.
    figures = (1e3 * statistics.median(spent[name][1:]) for name in ("theirs", "ours"))
    claim = "comfyui: img2img 512 px, beyond the server's time"
    return BenchmarkRow(claim, "ms", *figures, goal=100, lower_is_better=True)


def read_server_seconds(server: ComfyDouble) -> float:
    """Returns the seconds that a server has spent on images."""
    return server.state().get("milliseconds", 0) / 1e3


def measure_cancellation(repeats: int) -> BenchmarkRow:
    """Measures how long a server is busy after the caller left: ours, and a plain interrupt."""
    spent = defaultdict(list)
    with run_comfyui(seconds=60) as server:
        servers = create_client(server, dialect="comfyui")
        for seed in range(repeats):
            work = servers.generate(create_small_request(seed))
            next(step for step in work if step.fraction)
            start = time.perf_counter()
            work.close()
            wait_until_idle(server.url)
            spent["ours"].append(time.perf_counter() - start)
            graph = build_graph(server.url, create_small_request(seed), MODEL_FILE)
            queue_graph(server.url, graph, client_id="plain")
            start = time.perf_counter()
            requests.post(f"{server.url}/interrupt", json={}, timeout=TIMEOUT_SECONDS)
            wait_until_idle(server.url)
            spent["theirs"].append(time.perf_counter() - start)
    figures = (1e3 * max(spent[name]) for name in ("theirs", "ours"))
    claim = "comfyui: busy after a cancellation, longest"
    return BenchmarkRow(claim, "ms", *figures, goal=1000, lower_is_better=True)


def measure_server_loss() -> BenchmarkRow:
    """Counts the failed calls of 40 when one of two busy servers is killed."""
    failed = []
    for plain in (True, False):
        with ExitStack() as stack:
            servers = [stack.enter_context(run_double("a1111", 0.05)) for _ in range(2)]
            generate = (
                generate_with_requests(*servers)
                if plain
                else generate_with_client(create_client(*servers))
            )
            with ThreadPoolExecutor(CALLERS) as threads:
                calls = [threads.submit(generate, create_small_request(n)) for n in range(CALLERS)]
                while sum(call.done() for call in calls) < 4:
                    time.sleep(0.01)
                servers[0].kill()
                failed.append(sum(call.exception() is not None for call in calls))
    return BenchmarkRow(
        "killed server: failed calls of 40", "calls", *failed, 0, lower_is_better=True
    )


def create_client(*servers: DoubleProcess, dialect: str = "a1111") -> ImageServers:
    """Creates our client, with a queue for all callers."""
    settings = DialectSettings(
        **{f"{dialect}_url": ",".join(server.url for server in servers)},
        diffusion_queue_size=CALLERS,
        diffusion_timeout_seconds=TIMEOUT_SECONDS,
    )
    return ImageServers(dialect, settings)


def generate_with_client(servers: ImageServers) -> Callable[[DiffusionRequest], np.ndarray]:
    """Returns a function that generates an image with our client."""

    def generate(request: DiffusionRequest) -> np.ndarray:
        *_, drawn = servers.generate(request)
        return drawn.pixels

    return generate


def generate_with_requests(*servers: ServerDouble) -> Callable[[DiffusionRequest], np.ndarray]:
    """Returns a function that generates an image with requests and Pillow."""
    turn = count()

    def generate(request: DiffusionRequest) -> np.ndarray:
        body = {
            "prompt": request.prompt,
            "seed": request.seed,
            "width": request.width,
            "height": request.height,
        }
        if request.init:
            mask = request.init.locked.astype(np.uint8) * 255
            body |= {
                "init_images": [encode_base64_png(request.init.pixels)],
                "mask": encode_base64_png(mask),
            }
            body |= {"inpainting_mask_invert": 1, "denoising_strength": request.init.strength}
            body |= {"mask_blur": 0, "inpaint_full_res": False}
        url = servers[next(turn) % len(servers)].url
        endpoint = "img2img" if request.init else "txt2img"
        response = requests.post(f"{url}/sdapi/v1/{endpoint}", json=body, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        data = base64.b64decode(response.json()["images"][0])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    return generate


def encode_base64_png(pixels: np.ndarray) -> str:
    """Encodes uint8 (H, W) or RGB (H, W, 3) as Pillow's default PNG, in base64."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def load_init_image(side: int) -> InitImage:
    """Returns a sample photo as init image, with a locked disc."""
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    picture = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
    locked = np.zeros((side, side), np.uint8)
    cv2.circle(locked, (side // 2, side // 2), side // 4, 1, -1)
    return InitImage(picture, locked == 1, STRENGTH)


def create_repaint_request(init: InitImage, seed: int) -> DiffusionRequest:
    """Returns a request to repaint the surroundings of the disc."""
    height, width = init.pixels.shape[:2]
    return DiffusionRequest("a beach", "", width, height, seed, SamplingOptions(), init)


def create_small_request(seed: int) -> DiffusionRequest:
    """Returns a request for an image of 256 x 256."""
    return DiffusionRequest("a beach", "", 256, 256, seed, SamplingOptions())


if __name__ == "__main__":
    main()
