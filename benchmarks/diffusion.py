"""What our client of Stable Diffusion servers costs and holds, beside a plain one.

python -m benchmarks.diffusion [--quick]

The servers are doubles in processes of their own. Theirs is what one would write with requests and
Pillow: a new connection per call, default PNG, every call sent at once, servers in turn.
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
from itertools import count, product
from pathlib import Path

import cv2
import numpy as np
import requests
import structlog
from PIL import Image

from benchmarks.report import Row, report
from services.diffusion.dialect import DrawRequest, InitImage
from services.diffusion.dialects import DialectSettings
from services.diffusion.servers import ImageServers
from services.diffusion.settings import Sampling
from tools.doubles.a1111.process import Double, double

PHOTO = Path(__file__).parents[1] / "clients/samples/bottle.jpg"
STRENGTH = 0.35
TIMEOUT_SECONDS = 300
CALLERS = 40


def main() -> None:
    """Measures overhead, listening under load, two servers, and the death of one."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="fewer repeats")
    quick = words.parse_args().quick
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rows = [
        *overheads(5 if quick else 30),
        listening(4 if quick else 10),
        throughput(8 if quick else 24),
        deaths(),
    ]
    report("diffusion", rows, quick, ["requests", "urllib3", "pillow", "opencv-python-headless"])


def overheads(repeats: int) -> Iterator[Row]:
    """Wall time of a call beyond the server's own, in ms; sizes, ours and theirs in turns."""
    sizes = {512: 60, 1024: 120}
    spent = defaultdict(list)
    with double("a1111") as server:
        draws = {"ours": ours(client_of(server)), "theirs": theirs(server)}
        inits = {side: photo_of(side) for side in sizes}
        for seed in range(repeats + 1):
            for side, (name, draw) in product(sizes, draws.items()):
                spent[side, name].append(beyond(server, draw, request_for(inits[side], seed)))
    for side, goal in sizes.items():
        # The first call of each probes the server, opens connections and warms caches.
        figures = (1e3 * statistics.median(spent[side, name][1:]) for name in ("theirs", "ours"))
        claim = f"img2img {side} px, beyond the server's time"
        yield Row(claim, "ms", *figures, goal, lower_is_better=True)


def beyond(
    server: Double, draw: Callable[[DrawRequest], np.ndarray], request: DrawRequest
) -> float:
    """Seconds of a call that the server did not spend."""
    start = time.perf_counter()
    draw(request)
    return time.perf_counter() - start - server.state()["seconds"][-1]


def listening(rounds: int) -> Row:
    """The slowest of many GETs while 40 calls are under way, on a server with 8 workers."""
    slowest = {}
    with double("sdcpp", 0.1) as server:
        servers = client_of(server)
        for name, draw in (("theirs", theirs(server)), ("ours", ours(servers))):
            ended, took = threading.Event(), []
            listener = threading.Thread(target=listen, args=(server, ended, took))
            with ThreadPoolExecutor(CALLERS) as threads:
                listener.start()
                list(threads.map(lambda n, draw=draw: draw(small_request(n)), range(rounds * 4)))
            ended.set()
            listener.join()
            slowest[name] = 1e3 * max(took)
    claim = f"slowest GET while {min(CALLERS, rounds * 4)} calls wait"
    return Row(claim, "ms", slowest["theirs"], slowest["ours"], 50, lower_is_better=True)


def listen(server: Double, ended: threading.Event, took: list[float]) -> None:
    """Asks for the models twenty times a second."""
    with requests.Session() as session:
        while not ended.wait(0.05):
            start = time.perf_counter()
            session.get(f"{server.url}/sdapi/v1/sd-models", timeout=TIMEOUT_SECONDS)
            took.append(time.perf_counter() - start)


def throughput(pictures: int) -> Row:
    """Pictures per second of two servers beside those of one, both through our client."""
    rates = []
    with double("a1111", 0.5) as first, double("a1111", 0.5) as second:
        for each in ([first], [first, second]):
            draw = ours(client_of(*each))
            draw(small_request(0))
            with ThreadPoolExecutor(8) as threads:
                start = time.perf_counter()
                list(threads.map(lambda n, draw=draw: draw(small_request(n)), range(pictures)))
                rates.append(pictures / (time.perf_counter() - start))
    return Row("two servers beside one", "pictures/s", *rates, goal=1.9, bounded="ratio")


def deaths() -> Row:
    """Failed calls of 40 when one of two servers is killed at work."""
    failed = []
    for plain in (True, False):
        with ExitStack() as stack:
            servers = [stack.enter_context(double("a1111", 0.05)) for _ in range(2)]
            draw = theirs(*servers) if plain else ours(client_of(*servers))
            with ThreadPoolExecutor(CALLERS) as threads:
                calls = [threads.submit(draw, small_request(n)) for n in range(CALLERS)]
                while sum(call.done() for call in calls) < 4:
                    time.sleep(0.01)
                servers[0].kill()
                failed.append(sum(call.exception() is not None for call in calls))
    return Row("killed server: failed calls of 40", "calls", *failed, 0, lower_is_better=True)


def client_of(*servers: Double) -> ImageServers:
    """Our client, with room for every caller to wait."""
    urls = ",".join(server.url for server in servers)
    settings = DialectSettings(
        a1111_url=urls, diffusion_queue_size=CALLERS, diffusion_timeout_seconds=TIMEOUT_SECONDS
    )
    return ImageServers("a1111", settings)


def ours(servers: ImageServers) -> Callable[[DrawRequest], np.ndarray]:
    """Draws with our client."""

    def draw(request: DrawRequest) -> np.ndarray:
        *_, drawn = servers.draw(request)
        return drawn.pixels

    return draw


def theirs(*servers: Double) -> Callable[[DrawRequest], np.ndarray]:
    """Draws with requests and Pillow."""
    turn = count()

    def draw(request: DrawRequest) -> np.ndarray:
        body = {
            "prompt": request.prompt,
            "seed": request.seed,
            "width": request.width,
            "height": request.height,
        }
        if request.init:
            mask = request.init.locked.astype(np.uint8) * 255
            body |= {"init_images": [pillow_text(request.init.picture)], "mask": pillow_text(mask)}
            body |= {"inpainting_mask_invert": 1, "denoising_strength": request.init.strength}
            body |= {"mask_blur": 0, "inpaint_full_res": False}
        url = servers[next(turn) % len(servers)].url
        verb = "img2img" if request.init else "txt2img"
        answer = requests.post(f"{url}/sdapi/v1/{verb}", json=body, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        data = base64.b64decode(answer.json()["images"][0])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))

    return draw


def pillow_text(pixels: np.ndarray) -> str:
    """Base64 of Pillow's default PNG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def photo_of(side: int) -> InitImage:
    """A sample photo as composite, a disc of it locked."""
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    picture = cv2.resize(photo, (side, side), interpolation=cv2.INTER_AREA)
    locked = np.zeros((side, side), np.uint8)
    cv2.circle(locked, (side // 2, side // 2), side // 4, 1, -1)
    return InitImage(picture, locked == 1, STRENGTH)


def request_for(init: InitImage, seed: int) -> DrawRequest:
    """Repaints around the disc."""
    height, width = init.picture.shape[:2]
    return DrawRequest("a beach", "", width, height, seed, Sampling(), init)


def small_request(seed: int) -> DrawRequest:
    """A picture of 256 x 256."""
    return DrawRequest("a beach", "", 256, 256, seed, Sampling())


if __name__ == "__main__":
    main()
