"""Failures in plain words: what happened, why, and what to do."""

import re
from dataclasses import asdict, dataclass

import grpc

from cyclorama.errors import CycloramaError
from cyclorama.formats import FORMATS

# Stages as the page calls them.
NAMES = {
    "segmentation": "cut-out",
    "background": "background",
    "compositing": "composite",
    "inpainting": "grounding",
    "finishing": "file",
}
# Fields of the contract as the form calls them.
FIELDS = {
    "photo": "the photo",
    "prompt": "the description of the scene",
    "prompts": "the descriptions of scenes",
    "negative_prompt": "what to keep out",
    "size": "the format",
    "sizes": "the formats",
    "variants": "the number of variants",
    "seed": "the variation",
    "lettering.headline": "the headline",
    "lettering.call_to_action": "the button",
    "lettering": "the words",
    "delivery.profile": "the platform",
    "delivery.max_kilobytes": "the file size",
    "accept_format": "the file type",
    "options.tint": "the tint",
    "compositing.width_share": "the product's size",
    "compositing.height_share": "the product's size",
}
FILES = [each.name.upper() for each in FORMATS.values() if each.suffixes]
START = "Start Cyclorama with `make up`, then try again."
AGAIN = "Try again. What was finished is kept and does not run twice."
# By reason: what happened, and what to do.
REASONS = {
    "INVALID_IMAGE": (
        "This file cannot be used",
        f"Choose another file: a picture of one product as {', '.join(FILES[:-1])} or {FILES[-1]}.",
    ),
    "PRODUCT_NOT_FOUND": (
        "No product was found",
        "Use a photo in which the product is large and stands out from its background.",
    ),
    "INVALID_REQUEST": ("Something does not fit together", "Change what is named here."),
    "SIZE_LIMIT_UNREACHABLE": (
        "The file cannot be that small",
        "Choose a smaller format or another type.",
    ),
    "STAGE_UNREACHABLE": (
        "The {stage} stage does not answer",
        "Have its service started; `make up` starts all of them. " + AGAIN,
    ),
    "OVERLOADED": ("Too much is going on", "Wait a moment, then try again."),
    "OUT_OF_TIME": ("It took too long", "Choose a smaller format, or try again."),
    "MESSAGE_TOO_LARGE": ("The picture is too large", "Use a smaller photo or a smaller format."),
    "OUT_OF_MEMORY": ("There was not enough memory", "Try again, or choose a smaller format."),
    "ENGINE_NOT_READY": ("The {stage} stage is not ready", "See the reason, and try again."),
    "ARTIFACT_LOST": ("A picture of an earlier stage was lost", "Try again; it is made anew."),
    "UNAUTHENTICATED": (
        "The page may not use this gateway",
        "Start the page with CYCLORAMA_TOKEN_FILE, the file of a valid token.",
    ),
    "MISSING_SCOPE": (
        "The page's token does not allow this",
        "Ask whoever runs the gateway for a token with this scope.",
    ),
    "QUOTA_EXCEEDED": ("Enough was made for now", "See below when there is more, or ask for more."),
    "BACKEND_UNAVAILABLE": ("The Stable Diffusion server does not answer", AGAIN),
    "UNSUPPORTED_FEATURE": (
        "Campaigns are switched off",
        "Have the gateway started with a database (CYCLORAMA_GATEWAY_DATABASE).",
    ),
    "NOT_FOUND": ("This is no longer here", "Make it again."),
    "ARTIFACT_STORE_UNAVAILABLE": ("The store does not answer", AGAIN),
    "JOB_DATABASE_UNAVAILABLE": ("The database of campaigns does not answer", AGAIN),
}
CODES = {
    grpc.StatusCode.UNAVAILABLE: ("Cyclorama does not answer", START),
    grpc.StatusCode.DEADLINE_EXCEEDED: REASONS["OUT_OF_TIME"],
    grpc.StatusCode.RESOURCE_EXHAUSTED: REASONS["MESSAGE_TOO_LARGE"],
}
SD_SERVER = (
    "The Stable Diffusion server failed",
    "Have it looked at; docs/stable-diffusion.md tells what each reason means. " + AGAIN,
)
BUG = ("Something went wrong inside", "Try again. If it stays, look for the number in the logs.")
FORM = ("The form cannot be read", "Reload the page and try again.")


@dataclass(frozen=True)
class Failure:
    """title: what happened. text: why. todo: what to do. stage: where, or "". number: for logs.

    again: whether the same, tried once more, may succeed.
    """

    title: str
    text: str
    todo: str
    stage: str = ""
    number: str = ""
    again: bool = False

    def facts(self) -> dict[str, str | bool]:
        """For the page."""
        return asdict(self)


def explain(error: Exception) -> Failure:
    """Says what a CycloramaError or a ValueError means to who sits before the page."""
    if not isinstance(error, CycloramaError):
        return Failure(FORM[0], sentence(str(error)), FORM[1])
    title, todo = _known(error)
    name = NAMES.get(error.stage, error.stage)
    text = error.text.removeprefix(f"{error.stage}: ") if error.stage else error.text
    if not error.reason and error.code is grpc.StatusCode.UNAVAILABLE:
        # The client's own words have the gateway's address, which is no matter of the browser's.
        text = "The gateway cannot be reached."
    again = not error.caller_can_fix
    told = title.format(stage=name), sentence(text), todo
    return Failure(*told, error.stage, error.call_id, again)


def _known(error: CycloramaError) -> tuple[str, str]:
    if error.reason.startswith("SD_"):
        return SD_SERVER
    return REASONS.get(error.reason) or CODES.get(error.code, BUG)


def sentence(text: str) -> str:
    """A server's text as sentences: fields by the form's names, a capital, a full stop."""
    text = re.sub(r"\b([a-z_]+(?:\.[a-z_]+)*): ", _named, text.strip())
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}" if text else ""


def _named(found: re.Match[str]) -> str:
    return f"{FIELDS[found[1]]} " if found[1] in FIELDS else found[0]
