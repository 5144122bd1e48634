"""Makes one ad for the page and streams its progress as JSON."""

import asyncio
import math
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from cyclorama.async_client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.formats import find_format
from cyclorama.operations import Operation, prepare_ad
from cyclorama.results import Ad, Event
from cyclorama.web.ad_cache import AdCache
from cyclorama.web.error_messages import explain_error
from cyclorama.web.flaw_texts import describe_verdict
from cyclorama.web.form_options import read_ad_arguments
from cyclorama.web.measured_places import locate_measurements
from cyclorama.web.measurements import (
    describe_pixel_lock,
    describe_profile,
    describe_quality,
    is_tinted,
)
from cyclorama.web.placements import describe_cutout, describe_lettering, describe_placement
from cyclorama.web.quality_texts import word_mark, word_score
from cyclorama.web.shown_words import describe_shown_words
from cyclorama.web.warning_texts import VEILED, list_warning_texts, word_doubt, word_glass

JsonObject = dict[str, Any]
# What an ad on the caller's own backdrop is described with where the form has no words.
BACKDROP_PROMPT = "the product in front of its backdrop"


def prepare_form_ad(
    photo: bytes, form: Mapping[str, Any], pictures: Mapping[str, bytes]
) -> Operation[Ad]:
    """Prepares the call that makes an ad of a photo with the options of the page's form.

    photo: the bytes of a picture file. form: the form's values by name. pictures: other files, by
    argument of Client.create_ad. Raises ValueError when a value is invalid.
    """
    arguments = {**read_ad_arguments(form), **pictures}
    default = BACKDROP_PROMPT if "backdrop" in arguments else ""
    return prepare_ad(photo, str(form.get("prompt") or default), **arguments)


async def stream_ad(
    client: AsyncClient, ad_cache: AdCache, operation: Operation[Ad]
) -> AsyncGenerator[JsonObject, None]:
    """Makes an ad; yields its events as JSON, and last the ad or the error.

    Closing the generator cancels the call.

    client: of the gateway. ad_cache: stores the ad for later downloads. operation: the call, from
    prepare_form_ad.
    """
    # None marks the end of the call.
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    try:
        # The gateway limits the time of the work; that in its queue has no limit.
        call = asyncio.create_task(client.run(operation, events.put_nowait, timeout=math.inf))
        call.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event_to_json(event)
            ad = await call
        finally:
            # Without effect on a call that has ended.
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
    except CycloramaError as error:
        yield explain_error(error).to_json()
    else:
        yield ad_to_json(ad, ad_cache.add(ad))


def event_to_json(event: Event) -> JsonObject:
    """Returns an Event, the progress of a stage, as JSON for the page."""
    return {
        "kind": event.kind,
        "stage": event.stage,
        "fraction": event.fraction,
        "queue_position": event.queue_position,
        "preview": encode_data_url(event.preview),
        "engine": event.engine,
        "seconds": event.seconds,
        "cached": event.cached,
    }


def encode_data_url(data: bytes) -> str:
    """Returns the bytes of a JPEG or WebP file as a data URL; an empty text for no bytes."""
    # Every JPEG file begins with these two bytes.
    subtype = "jpeg" if data[:2] == b"\xff\xd8" else "webp"
    return f"data:image/{subtype};base64,{b64encode(data).decode()}" if data else ""


def ad_to_json(ad: Ad, key: str) -> JsonObject:
    """Returns a finished ad as JSON for the page: URLs of its files, and its measurements.

    key: of the ad in the AdCache, which is part of the URLs.
    """
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
        "prompt": manifest["request"]["prompt"],
        **describe_shown_words(manifest),
        **describe_verdict(ad.measurements, ad.profile),
        "mark": word_mark(ad.score),
        "reasons": word_score(ad.reasons),
        "lock": describe_pixel_lock(manifest["pixel_lock"], is_tinted=is_tinted(ad.measurements)),
        "quality": describe_quality(
            ad.measurements,
            "backdrop" in manifest["request"],
            locate_measurements(ad.measurements, manifest),
        ),
        "profile": describe_profile(ad.profile),
        "photo_position": align_photo(manifest),
        "cutout": describe_cutout(manifest),
        "placement": describe_placement(manifest),
        "lettering": describe_lettering(manifest),
        "cutout_doubt": word_doubt(ad.warnings),
        "cutout_glass": word_glass(ad.warnings),
        # A veil is said next to the picture, with a switch.
        "warnings": list_warning_texts(each for each in ad.warnings if each.reason != VEILED),
    }


def align_photo(manifest: Mapping[str, Any]) -> JsonObject | None:
    """Returns where to draw the photo over an ad so that its product covers the ad's product.

    manifest: of the ad, the record of how it was made. Returns left, top, width and height as
    shares of the ad's sides; None when the product was rotated or flipped, as the photo would have
    to be too.
    """
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    segmentation, placement = stages["segmentation"], stages["compositing"]["placement"]
    # Where the product is in the photo, in pixels of the photo.
    bounds, photo = segmentation["bounds"], segmentation["photo_size"]
    if placement.get("rotation") or placement.get("flipped"):
        return None
    # Where the product is in the ad, in pixels of the ad. A coordinate of 0 is not in the manifest.
    box, ad = placement["box"], manifest["ad"]
    scale_x, scale_y = box["width"] / bounds["width"], box["height"] / bounds["height"]
    left = box.get("x", 0) - bounds.get("x", 0) * scale_x
    top = box.get("y", 0) - bounds.get("y", 0) * scale_y
    return {
        "left": left / ad["width"],
        "top": top / ad["height"],
        "width": photo["width"] * scale_x / ad["width"],
        "height": photo["height"] * scale_y / ad["height"],
    }
