"""The addresses of the page and what is behind each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cyclorama.client import AsyncClient
from cyclorama.documents import read_json
from cyclorama.errors import CycloramaError
from cyclorama.formats import FORMATS, find_format
from cyclorama.web import campaigns
from cyclorama.web.archive import zipped
from cyclorama.web.failures import Failure, explain
from cyclorama.web.guard import FORM_BYTES, Guard
from cyclorama.web.making import make_ad
from cyclorama.web.settings import LOCAL, Settings
from cyclorama.web.shelf import Shelf

STATIC = Path(__file__).with_name("static")
GONE = Failure("This is no longer here", "It had to make room for newer ads.", "Make it again.")


def create_app(settings: Settings) -> Starlette:
    """The page before one gateway."""

    @asynccontextmanager
    async def open_client(app: Starlette) -> AsyncIterator[None]:
        shown = {name: getattr(settings.access, name) for name in ("ca", "cert", "key", "token")}
        async with AsyncClient(settings.gateway, timeout=settings.seconds, **shown) as client:
            app.state.client = client
            yield

    app = Starlette(
        routes=ROUTES,
        lifespan=open_client,
        middleware=[
            Middleware(Guard, photo_mib=settings.photo_mib),
            Middleware(
                TrustedHostMiddleware,
                allowed_hosts=[*LOCAL, *settings.hosts],
                www_redirect=False,
            ),
        ],
        exception_handlers={CycloramaError: _failed, ValueError: _failed},
    )
    app.state.shelf = Shelf(settings.shelf_mib * 2**20)
    return app


async def show_page(request: Request) -> Response:
    return FileResponse(STATIC / "index.html")


async def tell_engines(request: Request) -> Response:
    """Which stages are ready, and with which engine."""
    stages: dict[str, str] = {}
    for each in await request.app.state.client.engines():
        stages[each.stage] = stages.get(each.stage) or (each.name if each.ready else "")
    return JSONResponse({"stages": stages})


async def list_formats(request: Request) -> Response:
    """The file types that the page offers: those that it can show."""
    shown = [each for each in FORMATS.values() if each.web]
    titles = {each.name: each.name.upper() + ("" if each.lossy else ", lossless") for each in shown}
    return JSONResponse({"formats": titles})


async def create_ad(request: Request) -> Response:
    photo, form = await read_form(request)
    state = request.app.state
    return lines(make_ad(state.client, state.shelf, photo, form))


async def fetch_ad(request: Request) -> Response:
    ad = request.app.state.shelf.get(request.path_params["key"])
    if ad is None:
        return JSONResponse(GONE.facts(), 404)
    if request.path_params["name"] == "ad.json":
        return Response(ad.manifest_json, media_type="application/json")
    return Response(ad.data, media_type=find_format(ad.format).media_type)


async def zip_ads(request: Request) -> Response:
    shelf, keys = request.app.state.shelf, request.query_params.getlist("key")
    kept = [ad for key in keys if (ad := shelf.get(key))]

    async def files() -> AsyncIterator[tuple[str, bytes]]:
        for number, ad in enumerate(kept, 1):
            stem = f"ad-{number}-{ad.width}x{ad.height}"
            yield f"{stem}{find_format(ad.format).suffix}", ad.data
            yield f"{stem}.json", ad.manifest_json.encode()

    return download(zipped(files()), "ads.zip") if kept else JSONResponse(GONE.facts(), 404)


async def start_campaign(request: Request) -> Response:
    photo, form = await read_form(request)
    return JSONResponse(await campaigns.start(request.app.state.client, photo, form))


async def list_campaigns(request: Request) -> Response:
    return JSONResponse(await campaigns.recent(request.app.state.client))


async def follow_campaign(request: Request) -> Response:
    return lines(campaigns.follow(request.app.state.client, job_of(request)))


async def cancel_campaign(request: Request) -> Response:
    job = await request.app.state.client.jobs.cancel(job_of(request))
    return JSONResponse(campaigns.job_facts(job))


async def fetch_campaign_ad(request: Request) -> Response:
    position = request.path_params["position"]
    file = await campaigns.fetch(request.app.state.client, job_of(request), position)
    if file is None:
        return JSONResponse(GONE.facts(), 404)
    name = f'inline; filename="ad-{position + 1}{file.format.suffix}"'
    # What a job made never changes.
    headers = {"content-disposition": name, "cache-control": "private, max-age=86400, immutable"}
    return Response(file.data, media_type=file.format.media_type, headers=headers)


async def zip_campaign(request: Request) -> Response:
    files = campaigns.files(request.app.state.client, job_of(request))
    return download(zipped(files), "campaign.zip")


async def read_form(request: Request) -> tuple[bytes, dict[str, Any]]:
    """The photo and the wishes of a form; ValueError when one is missing."""
    async with request.form(max_files=1, max_fields=1, max_part_size=FORM_BYTES) as form:
        photo, wishes = form.get("photo"), form.get("wishes")
        if photo is None or isinstance(photo, str):
            raise ValueError("there is no photo")
        told = read_json(wishes) if isinstance(wishes, str) else None
        if not isinstance(told, dict):
            raise ValueError("there are no wishes")
        return await photo.read(), told


def lines(facts: AsyncIterator[dict[str, Any]]) -> Response:
    """Facts as lines of JSON, each sent as it comes; ends its work when the browser leaves."""

    async def told() -> AsyncIterator[str]:
        try:
            async for each in facts:
                yield json.dumps(each) + "\n"
        finally:
            await facts.aclose()  # type: ignore[attr-defined]

    return StreamingResponse(told(), media_type="application/x-ndjson")


def download(parts: AsyncIterator[bytes], name: str) -> Response:
    """A zip that the browser saves."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts, media_type="application/zip", headers=headers)


def job_of(request: Request) -> str:
    """The name of the job that an address is about."""
    return f"jobs/{request.path_params['job']}"


async def _failed(request: Request, error: Exception) -> Response:
    theirs = not isinstance(error, CycloramaError) or error.caller_can_fix
    return JSONResponse({"kind": "failure", **explain(error).facts()}, 400 if theirs else 502)


ROUTES = [
    Route("/", show_page),
    Route("/api/engines", tell_engines),
    Route("/api/formats", list_formats),
    Route("/api/ads", create_ad, methods=["POST"]),
    Route("/ads/{key}/{name}", fetch_ad),
    Route("/ads.zip", zip_ads),
    Route("/api/campaigns", list_campaigns),
    Route("/api/campaigns", start_campaign, methods=["POST"]),
    Route("/api/campaigns/{job}/events", follow_campaign),
    Route("/api/campaigns/{job}/cancel", cancel_campaign, methods=["POST"]),
    Route("/campaigns/{job}/{position:int}", fetch_campaign_ad),
    Route("/campaigns/{job}/all.zip", zip_campaign),
    Mount("/static", StaticFiles(directory=STATIC)),
]
