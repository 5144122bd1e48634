"""The fonts of lettering: those of this folder, the operator's, and files that callers send."""

import io
import struct
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from PIL import ImageFont

from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import MAX_FONT_BYTES

FOLDER = Path(__file__).with_name("font_files")
# Titles of the fonts by name. The files are subsets of Inter Display 4.1, EB Garamond 1.003, Noto
# Serif Display 2.003, Commissioner 1.001 and Fira Sans Extra Condensed 4.203, made with fontTools:
# Latin, Vietnamese, Greek and Cyrillic letters, punctuation, currencies, signs.
FONTS: Mapping[str, str] = {
    "inter-bold": "Inter Bold",
    "inter-semibold": "Inter SemiBold",
    "inter-medium": "Inter Medium",
    "garamond": "EB Garamond",
    "noto-serif-display": "Noto Serif Display",
    "commissioner-light": "Commissioner Light",
    "fira-condensed": "Fira Condensed Bold",
}
# Bytes of a WOFF2 file once it is decompressed. Larger: more memory for each call.
MAX_UNPACKED_BYTES = 16 * 2**20
# First bytes of TrueType and OpenType files, and of WOFF2 (W3C, WOFF File Format 2.0).
SFNT_SIGNATURES, WOFF2_SIGNATURE = (b"\0\1\0\0", b"true", b"OTTO"), b"wOF2"
# Bits of fsType in the table OS/2 that forbid to embed the font (OpenType 1.9): restricted license,
# bitmap embedding only. A picture with its letters embeds bitmaps, so that only the first counts.
RESTRICTED_EMBEDDING = 0x0002
# Size in pixels at which a font is searched for characters; any at which they leave pixels will do.
PROBE_SIZE = 32
# A letter by the script that a font has if it has the letter, those of most readers first.
SCRIPT_LETTERS: Mapping[str, str] = {
    "Latin": "a",
    "Vietnamese": "ệ",
    "Cyrillic": "ж",
    "Greek": "ω",
    "Arabic": "ع",
    "Hebrew": "א",
    "Devanagari": "क",
    "Thai": "ก",
    "Japanese": "あ",
    "Chinese": "中",
    "Korean": "한",
}


class Font:
    """A font file at any size; safe to share only with calls that share its sizes.

    name: of the font, or of its family where a caller sent it.
    """

    def __init__(self, name: str, source: Path | bytes) -> None:
        """Reads a font; raises OSError when the file cannot be read as one.

        source: the path or the bytes of the file.
        """
        self._source = source
        self._sizes: dict[int, ImageFont.FreeTypeFont] = {}
        self.name = name or " ".join(filter(None, self.at_size(PROBE_SIZE).getname()))

    def at_size(self, size: int) -> ImageFont.FreeTypeFont:
        """Returns the font at a size in pixels."""
        if size not in self._sizes:
            is_path = isinstance(self._source, Path)
            file = self._source if is_path else io.BytesIO(self._source)  # type: ignore[arg-type]
            self._sizes[size] = ImageFont.truetype(file, size)
        return self._sizes[size]

    def find_missing(self, text: str) -> set[str]:
        """Returns the characters of a text that the font does not have, without spaces."""
        font = self.at_size(PROBE_SIZE)
        # U+FFFF is no character, so every font draws its sign for missing ones.
        sign = bytes(font.getmask("\uffff"))
        return {c for c in text if not c.isspace() and bytes(font.getmask(c)) == sign}

    def list_scripts(self) -> list[str]:
        """Returns the scripts whose letters the font has, in the order of SCRIPT_LETTERS."""
        missing = self.find_missing("".join(SCRIPT_LETTERS.values()))
        return [script for script, letter in SCRIPT_LETTERS.items() if letter not in missing]


@cache
def open_named_font(name: str) -> Font:
    """Returns one of FONTS, which all calls share; raises InvalidRequest for another name."""
    if name not in FONTS:
        problem = f"there is no font {name!r}; choose from {', '.join(FONTS)}"
        raise InvalidRequest(Violation("lettering.font", f"{problem}, or send a font_file"))
    return Font(FONTS[name], FOLDER / f"{name}.ttf")


@cache
def open_operator_font(path: str) -> Font | None:
    """Returns the font of the setting; None for an empty path."""
    return Font("", Path(path)) if path else None


def read_font_file(data: bytes) -> Font:
    """Returns the font in a file that a caller sent.

    Raises InvalidRequest when it is too large or no font file that can be read.
    """
    problem = find_font_fault(data)
    if not problem:
        try:
            return Font("", data)
        # FreeType's errors are OSError, those of texts in the file are ValueError.
        except (OSError, ValueError):
            problem = "is no font file that can be read"
    raise InvalidRequest(Violation("lettering.font_file", f"{problem}; send TTF, OTF or WOFF2"))


def find_font_fault(data: bytes) -> str:
    """Returns what is wrong with the size or the first bytes of a font file; empty if nothing."""
    if len(data) > MAX_FONT_BYTES:
        return f"has {len(data):,} bytes, and at most {MAX_FONT_BYTES:,} are allowed"
    if data[:4] == WOFF2_SIGNATURE and len(data) >= 20:
        # The field totalSfntSize of the header.
        (unpacked,) = struct.unpack_from(">L", data, 16)
        is_large = unpacked > MAX_UNPACKED_BYTES
        return f"unpacks to {unpacked:,} bytes, which is too large" if is_large else ""
    return "" if data[:4] in SFNT_SIGNATURES else "is no font file"


def is_embedding_restricted(data: bytes) -> bool:
    """Whether a TTF or OTF file says that its font must not be embedded without permission.

    False for WOFF2, a format for embedding, and where the file does not say.
    """
    try:
        (count,) = struct.unpack_from(">H", data, 4)
        for index in range(count):
            tag, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
            if tag == b"OS/2":
                (rights,) = struct.unpack_from(">H", data, offset + 8)
                return bool(rights & RESTRICTED_EMBEDDING)
    except struct.error:
        pass  # The file ends before; FreeType decides whether it can be used.
    return False


def check_characters(text: str, font: Font, field: str) -> None:
    """Raises InvalidRequest when the font lacks a character of the text or draws none of it.

    field: the request's field with the text, which the error names.
    """
    if missing := font.find_missing(text):
        problem = f"contains {_describe_characters(sorted(missing))}, which {font.name} lacks"
        scripts = ", ".join(font.list_scripts()) or "no script that is known here"
        advice = f"it has {scripts}; send a font file that has the others"
        raise InvalidRequest(Violation(field, f"{problem}; {advice}"))
    line = " ".join(text.split())
    if text and font.at_size(PROBE_SIZE).getmask(line).getbbox() is None:
        raise InvalidRequest(Violation(field, "has nothing to be seen; leave it out"))


def _describe_characters(characters: Iterable[str]) -> str:
    """Lists characters with the script of each; those that cannot be printed by their numbers."""
    return ", ".join(map(_describe_character, characters))


def _describe_character(character: str) -> str:
    """Returns a character and the first word of its name in Unicode, such as "日 (CJK)"."""
    if not character.isprintable():
        return f"U+{ord(character):04X}"
    script = unicodedata.name(character, "").partition(" ")[0].title().replace("Cjk", "Chinese")
    return f"{character} ({script})" if script else character
