"""Reports what a set of the studio shows of its brief, and warns of what it left out."""

from cyclorama.v1 import background_pb2, engine_pb2
from services.runtime.engines import EngineWarning
from services.studio.briefs.brief import Brief, LeftOut

NOT_UNDERSTOOD = (
    "the studio understood nothing of the prompt and made a neutral set; name a place, a material, "
    'a color or a light, as in "marble table, soft morning light"'
)
LANGUAGES = "the studio reads English, German, French and Spanish"


def warn_about_brief(brief: Brief) -> tuple[EngineWarning, ...]:
    """Returns a warning that names what the set does not show; none if it shows all of the brief.

    Its reason is PROMPT_NOT_UNDERSTOOD where no word had an effect, else PROMPT_PARTLY_UNDERSTOOD.
    """
    left_out = tuple((each.words, each.nearest) for each in brief.left_out)
    if not brief.understood:
        message = NOT_UNDERSTOOD if brief.language else f"{NOT_UNDERSTOOD}; {LANGUAGES}"
        return (EngineWarning("PROMPT_NOT_UNDERSTOOD", message, left_out=left_out),)
    if not left_out:
        return ()
    omitted = ", ".join(map(_quote_words, brief.left_out))
    message = f"the set shows the brief without {omitted}; reword or leave them out"
    return (EngineWarning("PROMPT_PARTLY_UNDERSTOOD", message, left_out=left_out),)


def describe_shown(brief: Brief, place: str) -> background_pb2.ShownPrompt:
    """Returns what a set shows of a brief as the contract's message; place: the set's, by name."""
    return background_pb2.ShownPrompt(
        shown=brief.understood,
        left_out=[
            engine_pb2.LeftOut(words=each.words, nearest=each.nearest) for each in brief.left_out
        ],
        place=place,
        names_place=brief.place is not None,
    )


def _quote_words(omission: LeftOut) -> str:
    """Returns words in quotes, with the nearest offer, as in '"castle" (nearest: rock)'."""
    quoted = f'"{omission.words}"'
    return f"{quoted} (nearest: {omission.nearest})" if omission.nearest else quoted
