"""Words the warnings on an ad for the page, in place of those for callers of the contract."""

from collections.abc import Iterable, Mapping

from cyclorama.measurement_texts import end_sentence
from cyclorama.results import AdWarning
from cyclorama.web.error_messages import format_sentence

# Reason of the warning with which a cut-out is doubted.
DOUBT = "LOW_CONFIDENCE"
# That of a product that may be of glass.
GLASS = "MAYBE_TRANSPARENT"
# That of a veil behind words.
VEILED = "LETTERING_VEILED"
_OWN_SETTINGS = "The image model could not use all of its settings, and used its own."
_NAMES_PRODUCT = (
    "The scene names the product, so there may be a second one. Describe the scene alone."
)
_NOT_UNDERSTOOD = (
    "No word of the scene could be shown, so it is a neutral one. Name a place, a material, a "
    "color or a light, as in “marble table, soft morning light”."
)
# What is said of a warning, by its reason. {found} is what its own message finds, without advice.
TEXTS: Mapping[str, str] = {
    DOUBT: "{found} Look closely, and fix the cut-out where it is wrong.",
    "PRODUCT_CUT_OFF": "{found} A photo that shows all of it is better.",
    "ALPHA_REPLACED": "The clear area of the photo does not surround the product, so it was cut "
    "out again.",
    "SHADOW_REMOVED": "The photo's own soft shadow was removed. The ad has a new one.",
    "SHADOW_KEPT": "The photo's own soft shadow is part of the product. The brush of the cut-out "
    "removes it.",
    "TRANSPARENT": "The scene shows through the clear part of the product, which is why the colors "
    "there are not the photo's.",
    "KEPT_OPAQUE": "The product could not be made transparent. A photo in front of a plain, light "
    "wall is better.",
    GLASS: "The product looks like glass, but stays opaque. Tick “See-through” if it is of glass.",
    "PROMPT_NAMES_PRODUCT": _NAMES_PRODUCT,
    "PROMPT_NOT_UNDERSTOOD": _NOT_UNDERSTOOD,
    "PROMPT_PARTLY_UNDERSTOOD": "The scene does not show the words that are crossed out, and those "
    "in part only as the nearest that it has. Say them in another way, or leave them out.",
    "PROMPT_CUT": "The description of the scene is too long for the image model, which did not "
    "read its end.",
    "NEGATIVE_PROMPT_CUT": "What to keep out is too long for the image model, which did not read "
    "its end.",
    "NEGATIVE_PROMPT_UNUSED": "The image model cannot keep things out of a scene. Describe what is "
    "to be seen instead.",
    "UNSAFE": "The image model's filter flagged this picture. Look at it before you use it.",
    "MODEL_UNSET": "The image server chose the model itself.",
    "SAMPLER_UNKNOWN": _OWN_SETTINGS,
    "SCHEDULER_UNKNOWN": _OWN_SETTINGS,
    "STEPS_CHANGED": _OWN_SETTINGS,
    "TAGS_MISSING": _OWN_SETTINGS,
    "OVERRIDES_UNUSED": _OWN_SETTINGS,
    "SERVER_RESIZED": "The scene was drawn in another size, so fine detail may be soft.",
    "ENLARGED": "The photo or the scene was enlarged, so fine detail may be soft. A larger photo "
    "or a smaller format is sharper.",
    "BACKGROUND_ENLARGED": "The backdrop was enlarged, so it may be soft. A larger picture is "
    "sharper.",
    "VIEW_MISMATCH": "The photo and the scene are seen from different heights. A photo from the "
    "height of the scene fits better.",
    "OFF_SURFACE": "A part of your product stands beyond the edge of what it is on. Move it to the "
    "middle of the surface, or make it smaller.",
    "PRODUCT_GREW": "The product may look larger than it is. Look closely at its outline.",
    "LETTERING_REDUCED": "The headline is smaller than you chose, since no larger one fits next to "
    "the product.",
    VEILED: "The backdrop is darker or lighter behind the words, so that they can be "
    "read. Look of the words turns that off.",
    "BUTTON_LEFT_OUT": "The button is left out: in this size its words could not be read.",
    "LOGO_PLATED": "A plate is behind the logo, so that it can be seen. A logo in a lighter or "
    "darker color needs none.",
    "LOGO_FAINT": "The logo is hard to see on this backdrop. A lighter or darker one is clearer.",
    "FONT_RESTRICTED": "Your font restricts where it may be used. Check its license before you "
    "publish.",
    "FELL_BACK": "The first choice for one of the steps did not work, so another one made it.",
    "NOT_SIGNED": "Not every file of this ad has Content Credentials.",
    "PHOTO_CREDENTIALS_LEFT_OUT": "The Content Credentials of the photo are too large for this "
    "file, which names the photo without them.",
}


def list_warning_texts(warnings: Iterable[AdWarning]) -> list[str]:
    """Returns what the page says of warnings: sentences, each once."""
    return list(dict.fromkeys(map(word_warning, warnings)))


def word_warning(warning: AdWarning) -> str:
    """Returns what the page says of a warning; its own message if the reason is not in TEXTS."""
    if warning.reason not in TEXTS:
        return format_sentence(warning.message)
    return TEXTS[warning.reason].format(found=_word_finding(warning))


def word_doubt(warnings: Iterable[AdWarning]) -> str:
    """Returns a sentence that says why a cut-out may be wrong; empty where none of them does."""
    return next((_word_finding(each) for each in warnings if each.reason == DOUBT), "")


def word_glass(warnings: Iterable[AdWarning]) -> str:
    """Returns what to do if a product is of glass; empty where none of them says that it may be."""
    return next((word_warning(each) for each in warnings if each.reason == GLASS), "")


def _word_finding(warning: AdWarning) -> str:
    """Returns what a warning finds as a sentence, without its advice, which follows a semicolon."""
    return end_sentence(warning.message.partition(";")[0])
