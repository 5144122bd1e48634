"""Calls that type checkers accept, in strict mode."""

import asyncio
import io
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

import cyclorama
from cyclorama import Ad, AsyncClient, AsyncJob, Client, Event, Job
from cyclorama.stage_options import ShadowFields

ARRAY = np.zeros((1, 1, 3), np.uint8)
NOON = datetime(2026, 11, 30, 12)
IMAGE = Image.new("RGB", (1, 1))


def show(event: Event) -> None:
    print(event.stage, event.fraction)


async def show_later(event: Event) -> None:
    await asyncio.sleep(0)
    print(event)


def make_ads(client: Client) -> None:
    ad: Ad = client.create_ad("a.jpg", "x", size="512x512", on_event=print, timeout=3)
    client.create_ad(IMAGE, "x", backdrop="#ffffff", headline="New", logo=Path("logo.png"))
    client.create_ad(ARRAY, "x", format="jpg", quality=90, max_kb=80, shadow="none")
    client.create_ad(io.BytesIO(b""), "x", engines={"background": "studio"}, on_event=show)
    with Path("a.jpg").open("rb") as file:
        client.create_ad(file, "x", options={"background": {"diffusion": {"model": "sdxl"}}})
    shadow: ShadowFields = {"kind": "cast", "color": "#000"}
    client.create_ad(client.upload("a.jpg"), "x", shadow=shadow, margins={"top": 0.1})
    image: Image.Image = ad.to_pil()
    print(image.size, ad.to_numpy().shape, ad.bytes, client.verify(ad), client.replay(ad, "a.jpg"))


def make_many(client: Client) -> None:
    job: Job = client.jobs.submit(["a.jpg", IMAGE], "sand", sizes=["1x1", (1, 2)], variants=2)
    client.jobs.submit("a.jpg", ["a", "b"], overrides=[{"size": "1x1", "headline": "New"}])
    labels = {"shop": "north"}
    client.jobs.create("a.jpg", "a", display_name="Spring", labels=labels, ad_timeout=60)
    for each in client.jobs.list("partially_succeeded", labels=labels, created_from=NOON):
        each.retry_failed().wait()
        each.delete()
    paths: list[Path] = job.wait(timeout=3).download("out")
    print(paths)
    for ad in client.map(Path().glob("*.jpg"), "x", concurrency=2):
        ad.save("a.png")
    client.map("a.jpg", "x")
    client.jobs.submit("a.jpg", "sand", sizes="1x1", overrides={"draft": True})
    for result in client.map(["a.jpg"], "x", return_exceptions=True):
        print(result.score if isinstance(result, Ad) else result)


def follow(client: Client) -> None:
    with client.stream_ad("a.jpg", "x") as stream:
        for event in stream:
            print(event.stage)
    stream.result().save("a.png")
    try:
        client.with_options(max_retries=0).version(timeout=1)
    except cyclorama.Overloaded as error:
        print(error.reason, error.field_violations, error.call_id)


async def count_later(ended: int, total: int | None) -> None:
    print(ended, total)


async def report_later(job: AsyncJob) -> None:
    print(job.state)


async def use_asyncio() -> None:
    async with AsyncClient() as client:
        await client.create_ad("a.jpg", "x", on_event=show_later)
        await client.create_ad("a.jpg", "x", on_event=show)
        async for event in client.stream_ad("a.jpg", "x"):
            print(event.kind)
        async for ad in client.map(["a.jpg"], "x", on_progress=count_later):
            ad.save("a.png")
        job = await client.jobs.submit("a.jpg", "sand")
        await job.wait(on_update=report_later)
        print(await (await job.wait()).download("out"))
