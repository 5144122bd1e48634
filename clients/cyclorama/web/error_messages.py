"""Explains errors in plain language for the page: what happened, why, and what to do."""

import re
from dataclasses import asdict, dataclass
from functools import cache

import grpc

from cyclorama.errors import TIMED_OUT, UNREACHABLE, WRONG_SERVICE, CycloramaError
from cyclorama.formats import FORMATS
from cyclorama.measurement_texts import end_sentence
from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from cyclorama.web.correction_texts import (
    CORRECTION_ADVICE,
    CORRECTION_TITLE,
    word_correction,
)

# Names of the stages on the page.
STAGE_NAMES = {
    "segmentation": "cut-out",
    "background": "scene",
    "compositing": "placement",
    "inpainting": "light and shadow",
    "finishing": "file",
}
# Names of the contract's fields on the page's form.
FIELD_NAMES = {
    "photo": "the photo",
    "mask": "the corrected cut-out",
    "backdrop": "the backdrop",
    "backdrop.picture": "the backdrop",
    "background": "the backdrop",
    "prompt": "the description of the scene",
    "prompts": "the descriptions of scenes",
    "negative_prompt": "what to keep out",
    "size": "the format",
    "sizes": "the formats",
    "variants": "the number of variants",
    "seed": "the variation",
    "lettering.headline": "the headline",
    "lettering.call_to_action": "the button",
    "lettering.font": "the font",
    "lettering.font_file": "the font file",
    "lettering": "the text",
    "delivery.profile": "the platform",
    "delivery.max_kilobytes": "the file size",
    "accept_format": "the file type",
    "options.tint": "the tint",
    "compositing.shadow.kind": "the shadow",
    "compositing.shadow_opacity": "the shadow",
    "compositing.width_share": "the product's size",
    "compositing.height_share": "the product's size",
    "segmentation": "the cut-out",
    "box": "the box of the cut-out",
    "points": "the point of the cut-out",
    "edge": "the edge of the cut-out",
    "segmentation.box": "the box of the cut-out",
    "segmentation.points": "the point of the cut-out",
    "segmentation.edge": "the edge of the cut-out",
    "compositing": "the placement",
    "inpainting": "light and shadow",
    "delivery": "the file",
}
# What may be a field of the contract in a text: "size", "compositing.anchor", "points[0].x".
FIELD = re.compile(
    r"\b([a-z][a-z_0-9]*(?:\[\d+\])?(?:\.[a-z][a-z_0-9]*(?:\[\d+\])?)*)(: |(?![\w.]))"
)
# Requests that the gateway makes of what the page sends; its stages name their fields.
REQUESTS = (
    ads_pb2.CreateAdRequest,
    segmentation_pb2.SegmentProductRequest,
    background_pb2.GenerateBackgroundRequest,
    compositing_pb2.CompositeProductRequest,
    inpainting_pb2.InpaintSceneRequest,
    finishing_pb2.FinishAdRequest,
)
FILE_TYPES = [each.name.upper() for each in FORMATS.values() if each.suffixes]
_FILE_TYPES_TEXT = f"{', '.join(FILE_TYPES[:-1])} or {FILE_TYPES[-1]}"
# What the services say of a field that an advertising platform does not take.
CONTRADICTION = re.compile(r"contradicts the profile [\w-]+: (?P<why>.+); leave it out")
# What a marketer does where only the operator can help; OPERATOR_ADVICE says what that is.
START = "Ask the person who runs Cyclorama to start it."
REPAIR = "Ask the person who runs Cyclorama to repair it."
# Follows the advice for transient errors.
RETRY = "Try again. Finished steps are kept and do not run again."
# What happened and what to do, by the reason of the error.
REASONS = {
    "INVALID_IMAGE": (
        "This file cannot be used",
        f"Choose another file: a picture of one product as {_FILE_TYPES_TEXT}.",
    ),
    "PRODUCT_NOT_FOUND": (
        "No product was found",
        "Use a photo in which the product is large and stands out from its background.",
    ),
    "INVALID_REQUEST": ("This ad cannot be made as it is", "Change what is named here."),
    "DEADLINE_TOO_SHORT": (
        "The time left is too short for this engine",
        "Let Cyclorama choose the engine.",
    ),
    "SIZE_LIMIT_UNREACHABLE": (
        "The file cannot be that small",
        "Choose a smaller format or another type.",
    ),
    "STAGE_UNREACHABLE": (
        "The step “{stage}” does not answer",
        START,
    ),
    "STAGE_CRASHED": (
        "The step “{stage}” ended while it worked on this",
        "Use a smaller photo or a smaller format.",
    ),
    "OVERLOADED": ("Cyclorama is overloaded", "Wait a moment."),
    "JOB_QUEUE_FULL": (
        "The queue of campaigns is full",
        "Wait until some have ended, or submit fewer ads at once.",
    ),
    "UPLOAD_REFUSED": ("Cyclorama is overloaded", "Wait a moment."),
    "REQUEST_TIMEOUT": ("The photo arrived too slowly", "Use a smaller photo."),
    "RESPONSE_TIMEOUT": ("The result was not read in time", "Create the ad again."),
    "MALFORMED_REQUEST": (
        "The request could not be read",
        REPAIR,
    ),
    "OUT_OF_TIME": (
        "It took too long",
        "Wait until other ads are ready, or choose a smaller format.",
    ),
    "MESSAGE_TOO_LARGE": ("The picture is too large", "Use a smaller photo or a smaller format."),
    "OUT_OF_MEMORY": ("There was not enough memory", "Choose a smaller format."),
    "ENGINE_NOT_READY": ("The step “{stage}” is not ready", REPAIR),
    "ARTIFACT_LOST": (
        "A picture of an earlier stage was lost",
        "The stage will run again.",
    ),
    "UNAUTHENTICATED": (
        "The page may not use this gateway",
        "Ask the person who runs Cyclorama for access.",
    ),
    "MISSING_SCOPE": (
        "The page's token does not allow this",
        "Ask the person who runs Cyclorama for access.",
    ),
    "QUOTA_EXCEEDED": (
        "Your quota is used up",
        "Wait until it renews, or ask the operator for a larger one.",
    ),
    "UNSUPPORTED_FEATURE": (
        "Campaigns are disabled",
        "Ask the person who runs Cyclorama to enable them. Single ads work.",
    ),
    "DIFFUSION_UNSAFE": (
        "The model's safety checker flagged the picture",
        "Describe another scene, or choose another variation.",
    ),
    "CREDENTIALS_NOT_USABLE": (
        "The file cannot be signed",
        "Have the operator check the certificate of the Content Credentials.",
    ),
    "SIGNER_UNAVAILABLE": (
        "What signs the file does not answer",
        "Have the operator check the signer of the Content Credentials.",
    ),
    "NOT_FOUND": ("This is no longer available", "Make it again."),
    "ARTIFACT_STORE_UNAVAILABLE": (
        "The artifact store does not answer",
        "Have its disk or bucket checked.",
    ),
    "JOB_DATABASE_UNAVAILABLE": (
        "The campaign database does not answer",
        "Have the database checked.",
    ),
    "JOB_DATABASE_LOST": (
        "The campaign database is missing",
        "Have the operator of the gateway restore it. Single ads work.",
    ),
    "JOB_DATABASE_CORRUPT": (
        "The campaign database is corrupt",
        "Have the operator of the gateway restore it. Single ads work.",
    ),
    "JOB_DATABASE_FULL": (
        "The disk of the campaign database is full",
        "Have the operator of the gateway free space. Single ads work.",
    ),
    "JOB_DATABASE_READ_ONLY": (
        "The campaign database is read-only",
        "Have the operator of the gateway make it writable. Single ads work.",
    ),
}
# What the operator does, by the reason of the error.
OPERATOR_ADVICE = {
    "STAGE_UNREACHABLE": "Start the service of this step; `make up` starts all of them.",
    "MALFORMED_REQUEST": "Install the same version of the page and of the services.",
    "ENGINE_NOT_READY": "Do what the reason says.",
    "UNAUTHENTICATED": "Start the page with `CYCLORAMA_TOKEN_FILE` set to the file of a valid "
    "token.",
    "MISSING_SCOPE": "Give the page a token with this scope.",
    "UNSUPPORTED_FEATURE": "Start the gateway with a database: `CYCLORAMA_GATEWAY_DATABASE`.",
}
CODES = {
    grpc.StatusCode.UNAVAILABLE: ("Cyclorama does not answer", START),
    grpc.StatusCode.DEADLINE_EXCEEDED: REASONS["OUT_OF_TIME"],
    grpc.StatusCode.RESOURCE_EXHAUSTED: REASONS["MESSAGE_TOO_LARGE"],
}
CLIENT_TEXTS = {
    UNREACHABLE: "The gateway cannot be reached.",
    WRONG_SERVICE: "What answers in its place is no gateway, or an older one.",
    TIMED_OUT: "There was no result within the time limit.",
}
DIFFUSION = (
    "The picture could not be generated",
    REPAIR,
)
JOB_DATABASE = (
    "The campaign database cannot be used",
    "Have the operator of the gateway check it. Single ads work.",
)
# By what the reason begins with, for reasons that are not in REASONS.
PREFIXES = {"DIFFUSION_": DIFFUSION, "JOB_DATABASE_": JOB_DATABASE}
# For reasons of PREFIXES and of CODES, and for bugs.
DIFFUSION_ADVICE = (
    "Check the image server or the model; docs/stable-diffusion.md explains each reason."
)
START_ADVICE = "Start Cyclorama with `make up`."
BUG_ADVICE = "Search the logs for the call ID."
BUG = ("Something went wrong inside", REPAIR)
FORM = ("The form cannot be read", "Reload the page and try again.")


@dataclass(frozen=True)
class ErrorMessage:
    """An error explained for the page.

    title: what happened. text: the cause. advice: what to do. stage: where it happened, or "".
    call_id: identifies the call in the logs. can_retry: whether the same form may succeed later.
    technical: what the operator of the services does where only that helps; text is for them then.
    """

    title: str
    text: str
    advice: str
    stage: str = ""
    call_id: str = ""
    can_retry: bool = False
    technical: str = ""

    def to_json(self) -> dict[str, str | bool]:
        """Returns the error as JSON for the page."""
        return {"kind": "error", **asdict(self)}


def explain_error(error: Exception) -> ErrorMessage:
    """Returns what to show to the user of the page for a CycloramaError or a ValueError.

    A ValueError says that the form has an invalid value.
    """
    if not isinstance(error, CycloramaError):
        return ErrorMessage(FORM[0], format_sentence(str(error)), FORM[1])
    if contradiction := _explain_contradiction(error):
        return contradiction
    if correction := _explain_correction(error):
        return correction
    title, advice = _find_explanation(error)
    stage_name = STAGE_NAMES.get(error.stage, error.stage)
    text = error.text.removeprefix(f"{error.stage}: ") if error.stage else error.text
    # The client's own texts are for developers, and contain the gateway's address.
    text = CLIENT_TEXTS.get(error.reason, text)
    return ErrorMessage(
        title.format(stage=stage_name),
        format_sentence(text),
        f"{advice} {RETRY}" if error.is_transient else advice,
        stage=error.stage,
        call_id=error.call_id,
        can_retry=error.is_transient,
        technical=_find_operator_advice(error, advice),
    )


def name_cause(reason: str) -> str:
    """Returns the title for a reason where the stage is not known; empty for no reason."""
    title, _ = REASONS.get(reason, BUG)
    return title.replace("The step “{stage}”", "A step") if reason else ""


def _find_operator_advice(error: CycloramaError, advice: str) -> str:
    """Returns what the operator does about an error; empty where the advice is enough."""
    if error.reason in OPERATOR_ADVICE:
        return OPERATOR_ADVICE[error.reason]
    if advice == START:
        return START_ADVICE
    if advice == REPAIR:
        return DIFFUSION_ADVICE if error.reason.startswith("DIFFUSION_") else BUG_ADVICE
    return ""


def _explain_contradiction(error: CycloramaError) -> ErrorMessage | None:
    """Returns what a platform does not take, each reason once; None for other errors.

    It has no call ID, as nothing went wrong that logs explain.
    """
    found = [CONTRADICTION.fullmatch(each.text) for each in error.field_violations]
    reasons = dict.fromkeys(end_sentence(each["why"]) for each in found if each)
    if not reasons or None in found:
        return None
    names = dict.fromkeys(name_field(each.field) for each in error.field_violations)
    advice = f"Leave out {' and '.join(names)}, or choose another platform."
    return ErrorMessage("The platform does not take this ad", " ".join(reasons), advice)


def _explain_correction(error: CycloramaError) -> ErrorMessage | None:
    """Returns what is wrong with the points, box or mask of a cut-out; None for other errors."""
    texts = [word_correction(each.field, each.text) for each in error.field_violations]
    if not texts or None in texts:
        return None
    text = " ".join(dict.fromkeys(filter(None, texts)))
    return ErrorMessage(CORRECTION_TITLE, text, CORRECTION_ADVICE, stage=error.stage)


def name_field(field: str) -> str:
    """Returns what the page's form calls a field of the contract, or what has it.

    field: its path, such as "lettering.headline". One without a name on the form is in plain words.
    """
    path = re.sub(r"\[\d+\]", "", field).removeprefix("options.")
    while path:
        if path in FIELD_NAMES:
            return FIELD_NAMES[path]
        path = path.rpartition(".")[0]
    return re.sub(r"\[\d+\]", "", field).replace(".", " ").replace("_", " ")


def _find_explanation(error: CycloramaError) -> tuple[str, str]:
    """Returns a title and an advice for an error, by its reason or else its gRPC status."""
    if explanation := REASONS.get(error.reason):
        return explanation
    for prefix, explanation in PREFIXES.items():
        if error.reason.startswith(prefix):
            return explanation
    return CODES.get(error.code, BUG)


def format_sentence(text: str) -> str:
    """Returns a server's text as a sentence with a capital and a period; empty for an empty text.

    "size: 9 is too small" becomes "The format 9 is too small.", as the form calls the field size.
    """
    return end_sentence(FIELD.sub(_replace_field, text.strip()))


def _replace_field(match: re.Match[str]) -> str:
    """Returns what the page's form calls a field of the contract: "the format " for "size: ".

    match: of the field, group 1, and perhaps a colon and a space, group 2; returned as it is if it
    is no field, or a plain word of the sentence.
    """
    field, colon = match.groups()
    if field in FIELD_NAMES and colon:
        return f"{FIELD_NAMES[field]} "
    parts = re.sub(r"\[\d+\]", "", field).split(".")
    if not set("._[") & set(field) or not contract_fields().issuperset(parts):
        return match[0]
    return name_field(field) + (" " if colon else "")


@cache
def contract_fields() -> frozenset[str]:
    """Returns the names of all fields of the page's requests, and of the messages within."""
    names: set[str] = set()
    messages = [each.DESCRIPTOR for each in REQUESTS]
    seen = set()
    while messages:
        message = messages.pop()
        if message.full_name not in seen:
            seen.add(message.full_name)
            names |= set(message.fields_by_name)
            messages += [each.message_type for each in message.fields if each.message_type]
    return frozenset(names)
