"""Says in words from how high a scene is seen, for models that know no angles."""

import re

# Words by the lowest pitch in degrees from which they hold, steepest first. They are those of
# photographers, which captions of photos use.
VIEW_WORDS = (
    (60.0, "top-down view, flat lay"),
    (38.0, "high-angle shot"),
    (20.0, "seen from above at an angle"),
    (10.0, "seen from slightly above"),
    (0.0, "eye-level shot"),
)
# What a prompt says that names a view itself.
NAMED_VIEW = re.compile(
    r"\b(views?|viewed|angles?|seen from|shot from|top.down|overhead|flat.?lay|eye.level"
    r"|from (above|below|the top)|bird'?s.eye|knolling|aerial)\b",
    re.IGNORECASE,
)


def add_view_words(prompt: str, pitch: float | None) -> str:
    """Returns a prompt with the words for a camera's pitch, unless it names a view itself.

    pitch: degrees that the camera looks down; None adds nothing.
    """
    if pitch is None or NAMED_VIEW.search(prompt):
        return prompt
    words = next(words for lowest, words in VIEW_WORDS if pitch >= lowest)
    return f"{prompt}, {words}"
