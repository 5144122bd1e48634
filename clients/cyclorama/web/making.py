"""Makes one ad and tells the page what happens, event by event."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from cyclorama.client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.results import Ad, Event
from cyclorama.web.failures import explain, sentence
from cyclorama.web.findings import lock_facts, profile_facts, quality_facts
from cyclorama.web.shelf import Shelf
from cyclorama.web.wishes import ad_wishes

Facts = dict[str, Any]


async def make_ad(
    client: AsyncClient, shelf: Shelf, photo: bytes, form: Mapping[str, Any]
) -> AsyncIterator[Facts]:
    """Yields what happens, and last the ad or the failure; closing it cancels the work."""
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    try:
        work = asyncio.create_task(_create(client, photo, form, events.put_nowait))
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event_facts(event)
            ad = await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    except (CycloramaError, ValueError) as error:
        yield {"kind": "failure", **explain(error).facts()}
    else:
        yield ad_facts(ad, shelf.put(ad))


async def _create(
    client: AsyncClient, photo: bytes, form: Mapping[str, Any], on_event: Callable[[Event], object]
) -> Ad:
    prompt = str(form.get("prompt") or "")
    return await client.create_ad(photo, prompt, on_event=on_event, **ad_wishes(form))


def event_facts(event: Event) -> Facts:
    """An event for the page."""
    return {
        "kind": event.kind,
        "stage": event.stage,
        "fraction": event.fraction,
        "preview": picture_address(event.preview),
        "engine": event.engine,
        "seconds": event.seconds,
        "cached": event.cached,
        "warnings": [sentence(each) for each in event.warnings],
    }


def picture_address(data: bytes) -> str:
    """A small picture as an address that holds it; empty for none."""
    kind = "jpeg" if data[:2] == b"\xff\xd8" else "webp"
    return f"data:image/{kind};base64,{b64encode(data).decode()}" if data else ""


def ad_facts(ad: Ad, key: str) -> Facts:
    """A finished ad for the page: where its files are, and what was measured."""
    manifest = ad.manifest
    return {
        "kind": "ad",
        "key": key,
        "picture": f"ads/{key}/ad{find_format(ad.format).suffix}",
        "manifest": f"ads/{key}/ad.json",
        "width": ad.width,
        "height": ad.height,
        "format": ad.format,
        "bytes": len(ad.data),
        "seed": int(manifest["request"]["seed"]),
        "score": round(ad.score),
        "lock": lock_facts(manifest["pixel_lock"]),
        "quality": quality_facts(ad.findings),
        "profile": profile_facts(ad),
        "photo_at": photo_at(manifest),
    }


def photo_at(manifest: Mapping[str, Any]) -> Facts | None:
    """Where the photo lies when its product covers the ad's, in shares of the ad's sides.

    None where the product was turned or mirrored, which the photo then would have to be as well.
    """
    stages = {each["stage"]: each for each in manifest["stages"]}
    found, placed = stages["segmentation"], stages["compositing"]["placement"]
    bounds, photo = found["bounds"], found["photo_size"]
    if placed.get("rotation") or placed.get("flipped"):
        return None
    box, ad = placed["box"], manifest["ad"]
    scale_x, scale_y = box["width"] / bounds["width"], box["height"] / bounds["height"]
    left = box.get("x", 0) - bounds.get("x", 0) * scale_x
    top = box.get("y", 0) - bounds.get("y", 0) * scale_y
    return {
        "left": left / ad["width"],
        "top": top / ad["height"],
        "width": photo["width"] * scale_x / ad["width"],
        "height": photo["height"] * scale_y / ad["height"],
    }
