"""Words refused corrections of a cut-out for the page, which its services name by field."""

import re

# What the page says of a correction of the cut-out, by what the services say of its field. What was
# wrong is undone by the same press in each case.
CORRECTION_TEXTS = tuple(
    (re.compile(field), re.compile(text), words)
    for field, text, words in (
        (r"points\[\d+\]$", "contradicts", "Two points on one place say the opposite."),
        (r"points\[\d+\]", "outside of", "A point lies outside the photo."),
        (r"points$", "at most", "There are more points than can be used."),
        (r"box", "", "The box lies outside the photo, or has no area."),
        (r"edge|mask$", "mask as well|required", "The stroke of the brush did not arrive."),
        (r"mask$", "nothing or everything", "Nothing of the photo is left, or all of it is kept."),
        (r"mask$", "aspect ratio", "The corrected cut-out is that of another photo."),
    )
)
CORRECTION_TITLE = "The cut-out cannot be corrected like this"
CORRECTION_ADVICE = "Undo the last correction, or start over."


def word_correction(field: str, text: str) -> str | None:
    """Returns what the page says of a field that corrects the cut-out; None for another field.

    field: its path, of a request for an ad or for a cut-out. text: what the services say of it.
    """
    field = field.removeprefix("options.").removeprefix("segmentation.")
    for of_field, of_text, words in CORRECTION_TEXTS:
        if of_field.match(field) and of_text.search(text):
            return words
    return None
