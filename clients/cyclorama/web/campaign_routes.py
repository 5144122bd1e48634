"""The page's HTTP endpoints for campaigns."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cyclorama.documents import read_json
from cyclorama.formats import find_format
from cyclorama.operations import prepare_upload
from cyclorama.web import campaigns
from cyclorama.web.ad_stream import ad_to_json
from cyclorama.web.archive import stream_zip
from cyclorama.web.campaign_downloads import (
    download_ad_files,
    download_campaign_ad,
    name_zip,
    read_numbers,
)
from cyclorama.web.campaign_feed import stream_campaign
from cyclorama.web.campaign_forms import read_form_plan
from cyclorama.web.campaign_json import campaign_to_json, name_artifact_path
from cyclorama.web.campaign_submission import plan_to_json, submit_plan
from cyclorama.web.card_pictures import read_side, shrink_in_turn
from cyclorama.web.forms import open_form, reserve_photo_memory
from cyclorama.web.placements import describe_words
from cyclorama.web.responses import (
    await_for_browser,
    send_bytes,
    stream_download,
    stream_json_lines,
)
from cyclorama.web.sending import send_once
from cyclorama.web.shown_words import describe_shown_words
from cyclorama.web.uploaded_photos import MAX_PHOTOS, SIGNATURE_BYTES, check_picture

# A finished ad never changes; browsers keep it for a day.
IMMUTABLE = {"cache-control": "private, max-age=86400, immutable"}
# Previews next to a campaign in the list of recent ones.
MAX_THUMBNAILS = 4
DONE = {"kind": "done"}


async def upload_photo(request: Request) -> Response:
    """POST /api/photos: has the gateway keep a photo; returns the uri by which forms name it."""
    async with open_form(request, max_files=1, max_fields=0) as form:
        photo = form.get("photo")
        if photo is None or isinstance(photo, str):
            raise ValueError("there is no photo")
        check_picture(await photo.read(SIGNATURE_BYTES))
        await photo.seek(0)
        await reserve_photo_memory(request, photo)
        operation = send_once(prepare_upload(await photo.read()))
    uploaded = await await_for_browser(request, request.app.state.client.run(operation))
    return JSONResponse({"kind": "photo", "uri": uploaded.image.uri})


async def send_limits(request: Request) -> Response:
    """GET /api/limits: how many photos a campaign may have."""
    return JSONResponse({"campaign_photos": MAX_PHOTOS})


async def check_campaign(request: Request) -> Response:
    """POST /api/campaigns/check: returns which rows of a form's table are wrong as JSON."""
    return JSONResponse(plan_to_json(await read_form_plan(request)))


async def start_campaign(request: Request) -> Response:
    """POST /api/campaigns: submits a form as a campaign; returns its id and the rejected rows."""
    plan = await read_form_plan(request)
    if not plan.jobs:
        return JSONResponse(plan_to_json(plan), 400)
    submission = submit_plan(request.app.state.client, plan)
    return JSONResponse(plan_to_json(await await_for_browser(request, submission)))


async def send_recent_campaigns(request: Request) -> Response:
    """GET /api/campaigns: the newest campaigns, without their ads."""
    recent = campaigns.list_recent_campaigns(request.app.state.client)
    return JSONResponse(list(map(campaign_to_json, await await_for_browser(request, recent))))


async def send_thumbnails(request: Request) -> Response:
    """GET /api/campaigns/{id}/thumbnails: addresses of previews of a campaign's first ads."""
    client = request.app.state.client
    names = campaigns.list_preview_names(client, read_campaign_id(request), MAX_THUMBNAILS)
    previews = await await_for_browser(request, names)
    return JSONResponse({"previews": [name_artifact_path("previews", each) for each in previews]})


async def stream_campaign_events(request: Request) -> Response:
    """GET /api/campaigns/{id}/events: streams a campaign as JSON, then what changes."""
    return stream_json_lines(stream_campaign(request.app.state.client, read_campaign_id(request)))


async def stop_campaign(request: Request) -> Response:
    """POST /api/campaigns/{id}/cancel: cancels a campaign; its finished ads stay."""
    await campaigns.cancel_campaign(request.app.state.client, read_campaign_id(request))
    return JSONResponse(DONE)


async def retry_failed_campaign_ads(request: Request) -> Response:
    """POST /api/campaigns/{id}/retry: queues all failed ads once more.

    With ?position=3, that ad of the job whose id it is.
    """
    position = request.query_params.get("position")
    if position is not None and not (position.isdecimal() and len(position) < 6):
        raise ValueError("position: send a whole number")
    chosen = [] if position is None else [int(position)]
    await campaigns.retry_campaign(request.app.state.client, read_campaign_id(request), chosen)
    return JSONResponse(DONE)


async def erase_campaign(request: Request) -> Response:
    """DELETE /api/campaigns/{id}: erases a campaign with its photos and ads."""
    await campaigns.delete_campaign(request.app.state.client, read_campaign_id(request))
    return JSONResponse(DONE)


async def send_campaign_ad(request: Request) -> Response:
    """GET /campaigns/{job}/{position}: the file of a finished ad of a job; position from 0."""
    job, position = f"jobs/{request.path_params['id']}", request.path_params["position"]
    download = download_campaign_ad(request.app.state.client, job, position)
    name, ad = await await_for_browser(request, download)
    headers = {"content-disposition": f"inline; filename*=UTF-8''{quote(name)}", **IMMUTABLE}
    return send_bytes(ad.data, find_format(ad.format).media_type, headers)


async def open_campaign_ad(request: Request) -> Response:
    """GET /api/campaigns/{job}/ads/{position}: a finished ad of a job as JSON, as a new ad is.

    With the words that it was made with, which the row of a table may have, and with the longest
    side of its cut-out in pixels, which ads of several sizes share. position: from 0.
    """
    job, position = f"jobs/{read_campaign_id(request)}", request.path_params["position"]
    state = request.app.state
    _, ad = await await_for_browser(request, download_campaign_ad(state.client, job, position))
    made = ad.manifest["request"]
    own = {"words": describe_words(made), "cutout_side": made["segmentation"]["max_side"]}
    return JSONResponse({**ad_to_json(ad, state.ad_cache.add(ad)), **own})


async def send_preview(request: Request) -> Response:
    """GET /previews/{job}/{artifact}: the preview of a finished ad, a small JPEG."""
    return send_bytes(await _fetch_artifact(request), "image/jpeg", IMMUTABLE)


async def send_card_picture(request: Request) -> Response:
    """GET /cards/{job}/{artifact}: a finished ad as a WebP, at most ?side=480 or 960 pixels long.

    Its artifact never changes, so a browser that has it is not sent it again.
    """
    side = read_side(request.query_params.get("side", ""))
    tag = f'"{request.path_params["artifact"]}-{side}"'
    headers = {"etag": tag, **IMMUTABLE}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    ad, turns = await _fetch_artifact(request), request.app.state.shrinking
    return send_bytes(await shrink_in_turn(turns, ad, side), "image/webp", headers)


async def send_brief(request: Request) -> Response:
    """GET /briefs/{job}/{artifact}: what an ad shows of its prompt, by its manifest, as JSON."""
    manifest = read_json((await _fetch_artifact(request)).decode())
    return JSONResponse(describe_shown_words(manifest), headers=IMMUTABLE)


async def _fetch_artifact(request: Request) -> bytes:
    """Returns the artifact of a job that the path of a request names."""
    job, artifact = request.path_params["id"], request.path_params["artifact"]
    fetch = request.app.state.client.jobs.fetch(f"jobs/{job}/artifacts/{artifact}")
    data: bytes = await await_for_browser(request, fetch)
    return data


async def send_campaign_zip(request: Request) -> Response:
    """GET /campaigns/{id}/ads.zip: finished ads of a campaign and their manifests as a zip.

    With ?ads=0-5,9, those numbers of the campaign's ads.
    """
    client, numbers = request.app.state.client, request.query_params.get("ads")
    chosen = None if numbers is None else read_numbers(numbers)
    load = campaigns.load_campaign(client, read_campaign_id(request))
    campaign = await await_for_browser(request, load)
    ads = [each.ad for each in campaign.place_ads()]
    files = download_ad_files(client, ads, chosen)
    begin = min(job.created for job in campaign.jobs)
    return stream_download(stream_zip(files), name_zip(campaign.name, ads, begin.date()))


def read_campaign_id(request: Request) -> str:
    """Returns the id of the campaign in the request's path."""
    return str(request.path_params["id"])


ROUTES = [
    Route("/api/photos", upload_photo, methods=["POST"]),
    Route("/api/limits", send_limits),
    Route("/api/campaigns", send_recent_campaigns),
    Route("/api/campaigns", start_campaign, methods=["POST"]),
    Route("/api/campaigns/check", check_campaign, methods=["POST"]),
    Route("/api/campaigns/{id}", erase_campaign, methods=["DELETE"]),
    Route("/api/campaigns/{id}/events", stream_campaign_events),
    Route("/api/campaigns/{id}/thumbnails", send_thumbnails),
    Route("/api/campaigns/{id}/cancel", stop_campaign, methods=["POST"]),
    Route("/api/campaigns/{id}/ads/{position:int}", open_campaign_ad),
    Route("/api/campaigns/{id}/retry", retry_failed_campaign_ads, methods=["POST"]),
    Route("/campaigns/{id}/ads.zip", send_campaign_zip),
    Route("/campaigns/{id}/{position:int}", send_campaign_ad),
    Route("/previews/{id}/{artifact}", send_preview),
    Route("/cards/{id}/{artifact}", send_card_picture),
    Route("/briefs/{id}/{artifact}", send_brief),
]
