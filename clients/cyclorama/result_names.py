"""Names of result files, which say photo, scene and size: "bottle_on-a-marble-table_1024x1024"."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from unicodedata import normalize

# Characters of a photo's and a scene's part of a name. Larger: names are cut off in file managers.
MAX_NAME_LENGTH = 48
# Bytes of each of the two, as file systems allow 255 for the whole name.
MAX_NAME_BYTES = 96


def name_results(ads: Iterable[tuple[str, str, tuple[int, int]]]) -> Iterator[str]:
    """Yields a file name without a suffix for each ad of a campaign; equal ones are numbered.

    ads: photo, prompt and size of each, in order. The same ads get the same names again.
    """
    count: dict[str, int] = {}
    for photo, prompt, (width, height) in ads:
        parts = [name_subject(photo, prompt)]
        # Without a size, the ad never began.
        size = [f"{width}x{height}"] if width else []
        # Case makes no difference in the file systems of Windows and macOS.
        key = "_".join([*parts, *size]).lower()
        count[key] = number = count.get(key, 0) + 1
        yield "_".join([*parts, *([str(number)] if number > 1 else []), *size])


def name_subject(photo: str, prompt: str) -> str:
    """Returns what the name of a file says of photo and scene, such as "bottle_on-white-sand"."""
    stem = Path(photo.replace("\\", "/")).stem
    return f"{simplify_text(stem) or 'photo'}_{simplify_text(prompt.lower()) or 'scene'}"


def simplify_text(text: str) -> str:
    """Returns the letters and digits of a text with hyphens between words, cut off after a word."""
    words = re.sub(r"[^\w]+|_+", "-", normalize("NFC", text)).strip("-")
    short = words[:MAX_NAME_LENGTH].encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    if short == words or "-" not in short:
        return short
    # The next character says whether the last word is whole.
    return short if words[len(short)] == "-" else short.rpartition("-")[0]
