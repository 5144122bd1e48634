"""The endpoints about advertising platforms: their sizes, and what contradicts their rules."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cyclorama.results import Contradiction
from cyclorama.web.error_messages import format_sentence
from cyclorama.web.form_options import read_ad_arguments
from cyclorama.web.forms import read_options_form
from cyclorama.web.responses import await_for_browser

# Fields of the form by the field of the contract that they become, for those that platforms fix.
FORM_FIELDS: Mapping[str, tuple[str, ...]] = {
    "lettering": ("headline", "call", "logo"),
    "backdrop": ("backdrop",),
    "compositing": ("shadow",),
    "accept_format": ("format",),
    "size": ("size",),
    "delivery": ("profile",),
}
# Files that a form names, which may contradict a rule whatever they contain.
FILES = ("logo", "backdrop")
ANY_FILE = b"any"


async def send_platforms(request: Request) -> Response:
    """GET /api/platforms: the platforms with their sizes and formats, as JSON."""
    platforms = await await_for_browser(request, request.app.state.client.profiles())
    return JSONResponse({"platforms": [asdict(platform) for platform in platforms]})


async def validate_form(request: Request) -> Response:
    """POST /api/validation: lists what in the options of a form contradicts rules, as JSON."""
    options = await read_options_form(request)
    files = {name: ANY_FILE for name in FILES if isinstance(options.get(name), Mapping)}
    arguments = read_ad_arguments(options) | files
    validation = request.app.state.client.validate(**arguments)
    found = await await_for_browser(request, validation)
    return JSONResponse({"contradictions": [contradiction_to_json(each) for each in found]})


def contradiction_to_json(contradiction: Contradiction) -> dict[str, Any]:
    """Returns a contradiction as JSON for the page, with the fields of the form that it is about.

    rejected: whether an ad is rejected for it.
    """
    field = contradiction.field
    top, _, name = field.partition(".")
    fields = FORM_FIELDS.get(top, ())
    own = {"headline": "headline", "call_to_action": "call"}.get(name)
    return {
        "fields": [own] if own else list(fields),
        "text": format_sentence(contradiction.text),
        "rejected": contradiction.rejected,
    }


ROUTES = [
    Route("/api/platforms", send_platforms),
    Route("/api/validation", validate_form, methods=["POST"]),
]
