"""The page's HTTP endpoints and the application that serves them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import grpc
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cyclorama.async_client import AsyncClient
from cyclorama.errors import CycloramaError
from cyclorama.formats import FORMATS, find_format
from cyclorama.stage_options import FontName
from cyclorama.web import campaign_routes, card_pictures, cutouts, platforms
from cyclorama.web.ad_cache import AdCache
from cyclorama.web.ad_stream import prepare_form_ad, stream_ad
from cyclorama.web.error_messages import ErrorMessage, explain_error, format_sentence
from cyclorama.web.forms import open_form, read_ad_form, reserve_photo_memory
from cyclorama.web.guard import RequestGuard
from cyclorama.web.health import describe_health
from cyclorama.web.measurements import assessment_to_json
from cyclorama.web.responses import (
    await_for_browser,
    send_bytes,
    stream_json_lines,
)
from cyclorama.web.sending import send_once
from cyclorama.web.settings import LOCAL_HOSTS, PageSettings
from cyclorama.web.upload_errors import UploadError
from cyclorama.web.uploads import ReservationScope, Uploads

STATIC = Path(__file__).with_name("static")
STATIC_FILES = StaticFiles(directory=STATIC)
EVICTED = ErrorMessage(
    "This is no longer available", "Newer ads have taken its place.", "Make it again."
)


def create_app(settings: PageSettings) -> Starlette:
    """Creates the page's web application, which opens a client of its gateway when it starts."""

    @asynccontextmanager
    async def open_client(app: Starlette) -> AsyncIterator[None]:
        """Opens the client at the start of the application and closes it at the end."""
        credentials = settings.credentials
        async with AsyncClient(
            settings.gateway,
            timeout=settings.seconds,
            # The page asks its users, and frees the photos that it has sent.
            max_retries=0,
            ca=credentials.ca,
            cert=credentials.cert,
            key=credentials.key,
            token=credentials.token,
        ) as client:
            app.state.client = client
            yield

    app = Starlette(
        routes=ROUTES,
        lifespan=open_client,
        middleware=[
            Middleware(RequestGuard, photo_mib=settings.photo_mib),
            Middleware(
                TrustedHostMiddleware,
                allowed_hosts=[*LOCAL_HOSTS, *settings.hosts],
                www_redirect=False,
            ),
            Middleware(ReservationScope),
        ],
        exception_handlers={
            CycloramaError: _respond_to_error,
            ValueError: _respond_to_error,
            UploadError: _refuse_upload,
            HTTPException: _respond_to_http_error,
            ClientDisconnect: _end_response,
        },
    )
    app.state.ad_cache = AdCache(settings.ad_cache_mib * 2**20)
    app.state.shrinking = asyncio.Semaphore(card_pictures.CONCURRENCY)
    app.state.photo_mib = settings.photo_mib
    app.state.uploads = Uploads(settings.upload_mib * 2**20)
    return app


async def send_page(request: Request) -> Response:
    """GET /: the page itself."""
    return await STATIC_FILES.get_response("index.html", request.scope)


async def send_health(request: Request) -> Response:
    """GET /api/health: what of the services is missing, and what to do about it."""
    engines = await await_for_browser(request, request.app.state.client.engines())
    return JSONResponse(describe_health(engines))


async def send_formats(request: Request) -> Response:
    """GET /api/formats: titles of the file types that browsers can show, by name."""
    titles = {
        image_format.name: image_format.name.upper() + ("" if image_format.lossy else ", lossless")
        for image_format in FORMATS.values()
        if image_format.web
    }
    return JSONResponse({"formats": titles})


async def send_fonts(request: Request) -> Response:
    """GET /api/fonts: names and titles of the fonts that words on an ad can have."""
    names = get_args(FontName)
    fonts = [{"name": name, "title": name.replace("-", " ").title()} for name in names]
    return JSONResponse({"fonts": fonts})


async def stream_new_ad(request: Request) -> Response:
    """POST /api/ads: makes an ad; streams its events as JSON, and last the ad or the error."""
    form = await read_ad_form(request)
    operation = send_once(prepare_form_ad(form.photo, form.options, form.pictures))
    memory, state = form.memory, request.app.state
    del form  # Its files are in the operation's request, which is freed once it is sent.

    async def stream_events() -> AsyncGenerator[dict[str, Any], None]:
        """Streams the ad's events; the first says that the gateway has the photo."""
        async with aclosing(stream_ad(state.client, state.ad_cache, operation)) as events:
            async for event in events:
                memory.close()
                yield event

    return stream_json_lines(stream_events())


async def send_ad_file(request: Request) -> Response:
    """GET /ads/{key}/{name}: a cached ad's manifest if the name is ad.json, else its picture.

    Responds with 404 when the ad is not in the cache, or no longer.
    """
    ad = request.app.state.ad_cache.get(request.path_params["key"])
    if ad is None:
        return JSONResponse(EVICTED.to_json(), 404)
    if request.path_params["name"] == "ad.json":
        return Response(ad.manifest_json, media_type="application/json")
    return send_bytes(ad.data, find_format(ad.format).media_type)


async def assess_picture(request: Request) -> Response:
    """POST /api/assessments: assesses a picture, with its manifest or without, as JSON."""
    async with open_form(request, max_files=2, max_fields=0) as form:
        picture, manifest = form.get("picture"), form.get("manifest")
        if picture is None or isinstance(picture, str):
            raise ValueError("there is no picture")
        text = None if manifest is None or isinstance(manifest, str) else await manifest.read()
        await reserve_photo_memory(request, picture)
        data = await picture.read()
    client = request.app.state.client
    # A file that is no text is refused by the gateway, as one that is no manifest.
    manifest_json = None if text is None else text.decode(errors="replace")
    assessment = await await_for_browser(request, client.assess(data, manifest_json))
    return JSONResponse(assessment_to_json(assessment))


async def _respond_to_error(request: Request, error: Exception) -> Response:
    """Responds to an exception with an explained error as JSON.

    The status is 404 for what does not exist, else 400 when the request is at fault and 502 when
    the gateway or a stage is.
    """
    content = explain_error(error).to_json()
    if not isinstance(error, CycloramaError):
        return JSONResponse(content, 400)
    if error.code is grpc.StatusCode.NOT_FOUND:
        return JSONResponse(content, 404)
    return JSONResponse(content, 400 if error.caller_can_fix else 502)


async def _refuse_upload(request: Request, error: Exception) -> Response:
    """Responds to an UploadError with its status and content as JSON."""
    assert isinstance(error, UploadError)
    headers = {"retry-after": str(error.retry_seconds)} if error.retry_seconds else None
    return JSONResponse(error.message.to_json(), error.status, headers)


async def _respond_to_http_error(request: Request, error: Exception) -> Response:
    """Responds to what no endpoint accepts, such as another path or method, as JSON."""
    assert isinstance(error, HTTPException)
    advice = "Reload the page and try again."
    message = ErrorMessage("The page does not accept this", format_sentence(error.detail), advice)
    return JSONResponse(message.to_json(), error.status_code, error.headers)


async def _end_response(request: Request, error: Exception) -> Response:
    """Ends a request whose browser has disconnected; it does not get the response."""
    return Response(status_code=400)


ROUTES = [
    Route("/", send_page),
    Route("/api/health", send_health),
    Route("/api/formats", send_formats),
    Route("/api/fonts", send_fonts),
    Route("/api/ads", stream_new_ad, methods=["POST"]),
    Route("/api/assessments", assess_picture, methods=["POST"]),
    Route("/ads/{key}/{name}", send_ad_file),
    *campaign_routes.ROUTES,
    *cutouts.ROUTES,
    *platforms.ROUTES,
    Mount("/static", STATIC_FILES),
]
