"""Describes the error of an ad for the log: its cause, without the words of the ad."""

import re

from cyclorama.v1 import ads_pb2
from services.runtime.errors import ServiceError

# Metadata of errors that name what is missing: a stage, or an object of the artifact store.
LOGGED_METADATA = ("stage", "key")
HIDDEN = "[...]"


def describe_error(error: ServiceError, request: ads_pb2.CreateAdRequest) -> dict[str, str]:
    """Returns the fields of a log line for an error: reason, status, cause, and what it concerns.

    request: of the ad; its prompts and words are left out of the cause.
    """
    fields = {"reason": error.reason, "code": error.code.name}
    concerns = {key: error.metadata[key] for key in LOGGED_METADATA if key in error.metadata}
    return fields | concerns | {"cause": _hide_words(str(error), request)}


def _hide_words(text: str, request: ads_pb2.CreateAdRequest) -> str:
    """Returns a text with a mark in place of the prompts and words of an ad."""
    lettering = request.lettering
    own = (
        request.prompt,
        request.negative_prompt,
        lettering.headline,
        lettering.call_to_action,
    )
    for words in filter(None, own):
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", HIDDEN, text)
    return text
