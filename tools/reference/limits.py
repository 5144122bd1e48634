"""The page about limits, from the rules, the settings and the constants that hold them."""

from collections.abc import Iterable, Iterator, Mapping

from cyclorama.defaults import MESSAGE_LIMIT
from cyclorama.documents import MAX_DEPTH, MAX_DOCUMENT_MIB, MAX_VALUES
from cyclorama.web.guard import FORM_BYTES
from cyclorama.web.settings import PageSettings as Page
from gateway.callers.caller import Caller
from gateway.rules import RULES as GATEWAY
from services.background.rules import RULES as BACKGROUND
from services.compositing.rules import RULES as COMPOSITING
from services.diffusion.images import MOST_PIXELS
from services.diffusion.transport import LARGEST_ANSWER
from services.finishing.rules import RULES as FINISHING
from services.inpainting.rules import RULES as INPAINTING
from services.runtime.guards.validation import MAX_VIOLATIONS
from services.segmentation.rules import RULES as SEGMENTATION
from tools.reference.settings import PROCESSES
from tools.reference.tables import code, table

HEAD = """# Limits

Every bound on what is sent and on what is at work, with its default, the setting that changes it
and the status beyond it. Made from the code that keeps them; `make reference` writes this page
anew. All of them are checked before the work that they bound begins.

## Processes

Settings are told in [settings](settings.md); a name with `<PROCESS>` is set for one process or,
without that part, for all of them.

"""
REQUESTS = f"""
## Requests

A field beyond its bound is refused with `INVALID_ARGUMENT`, reason `INVALID_REQUEST`; the first
{MAX_VIOLATIONS} wrong fields are named at once. These bounds belong to the contract and cannot be set.
Numbers must be finite, enums known. What each field means is in the [API reference](api.md).

"""
# What a setting bounds: which processes have it, the status beyond it, and its reason.
BOUNDS: Mapping[str, tuple[str, str]] = {
    "max_message_mib": ("RESOURCE_EXHAUSTED", "gRPC's own"),
    "max_image_mib": ("INVALID_ARGUMENT", "INVALID_IMAGE"),
    "max_megapixels": ("INVALID_ARGUMENT", "INVALID_IMAGE"),
    "max_image_side": ("INVALID_ARGUMENT", "INVALID_IMAGE"),
    "max_concurrent_calls": ("RESOURCE_EXHAUSTED", "OVERLOADED"),
    "max_queued_ads": ("RESOURCE_EXHAUSTED", "OVERLOADED"),
    "max_concurrent_ads": ("", "later ads wait"),
    "max_calls_per_stage": ("", "later calls wait"),
    "ad_timeout_seconds": ("DEADLINE_EXCEEDED", "gRPC's own"),
    "retention_days": ("NOT_FOUND", "NOT_FOUND"),
    "retention_gib": ("NOT_FOUND", "NOT_FOUND"),
    "diffusion_queue_size": ("RESOURCE_EXHAUSTED", "SD_QUEUE_FULL"),
    "diffusion_timeout_seconds": ("DEADLINE_EXCEEDED", "SD_TIMEOUT"),
}
# Of every process; what several check is the same in all of them.
RULES = GATEWAY | SEGMENTATION | BACKGROUND | COMPOSITING | INPAINTING | FINISHING
QUOTAS = ("max_concurrent_calls", "ads_per_day", "mib_per_day")


def page() -> str:
    """The whole page."""
    heads = ["setting", "default", "bounds", "beyond it"]
    return (
        HEAD
        + table(heads, processes())
        + REQUESTS
        + table(["field", "may hold", "needed"], requests())
        + "\n## Elsewhere\n\n"
        + table(["what", "bound", "beyond it"], elsewhere())
    )


def processes() -> Iterator[tuple[str, str, str, str]]:
    """The settings that are limits."""
    for name, (status, reason) in BOUNDS.items():
        kinds = {process: kind for process, kind in PROCESSES.items() if name in kind.model_fields}
        fields = {process: kind.model_fields[name] for process, kind in kinds.items()}
        shown = "<PROCESS>" if len(kinds) > 1 else next(iter(kinds)).upper()
        defaults = {process: field.default for process, field in fields.items()}
        told = code(reason) if reason.isupper() else reason
        beyond = f"{code(status)}, {told}" if status else told
        meaning = next(iter(fields.values())).description or ""
        yield code(f"CYCLORAMA_{shown}_{name.upper()}"), _defaults(defaults), meaning, beyond


def requests() -> Iterator[tuple[str, str, str]]:
    """The rules of the contract."""
    for message, rules in sorted(RULES.items(), key=lambda each: each[0].DESCRIPTOR.name):
        for rule in rules:
            yield (
                code(f"{message.DESCRIPTOR.name}.{rule.field}"),
                rule.allowed,
                "yes" if rule.required else "",
            )


def elsewhere() -> Iterable[tuple[str, str, str]]:
    """What is neither a setting nor a field of the contract."""
    refused, bad = "one sentence, exit status 2", "`SD_INVALID_OUTPUT`"
    yield "a picture by `uri`", "a key of the store: 64 hexadecimal digits", "`INVALID_REQUEST`"
    yield "a message that the client sends or takes", _mib(MESSAGE_LIMIT), refused
    yield "a YAML or JSON file of the command line", f"{MAX_DOCUMENT_MIB} MiB", refused
    nested = f"{MAX_DEPTH} deep, {MAX_VALUES:,} values"
    yield (
        "such a file, an `--option`, a manifest to verify",
        nested,
        "`INVALID_REQUEST`, or " + refused,
    )
    yield "a photo on the page", f"{Page().photo_mib} MiB", "HTTP 413"
    yield "the rest of a form on the page", _mib(FORM_BYTES), "HTTP 413"
    yield "finished ads that the page keeps", f"{Page().ad_cache_mib} MiB", "the oldest go first"
    yield "the answer of a Stable Diffusion server", _mib(LARGEST_ANSWER), bad
    yield "a picture in it", f"{MOST_PIXELS:,} pixels", bad
    for quota in QUOTAS:
        default = Caller.model_fields[quota].default
        bound = "none unless the file of callers has one" if default is None else f"{default:,}"
        yield f"a caller's {code(quota)}", bound, "`RESOURCE_EXHAUSTED`, `QUOTA_EXCEEDED`"


def _defaults(defaults: Mapping[str, object]) -> str:
    values = list(dict.fromkeys(defaults.values()))
    if len(values) == 1:
        return code(values[0])
    # One process, the gateway, takes on more than the others.
    rest = max(values, key=list(defaults.values()).count)
    others = (f"{name} {code(value)}" for name, value in defaults.items() if value != rest)
    return ", ".join([code(rest), *others])


def _mib(size: int) -> str:
    return f"{size / 2**20:g} MiB"
