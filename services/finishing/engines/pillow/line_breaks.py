"""Breaks headlines into lines as a typographer would: balanced, and without short words left."""

from collections.abc import Iterator, Sequence

from services.finishing.engines.pillow.typeface import Typeface

Lines = tuple[str, ...]

# Most lines of one headline. Larger: longer headlines fit narrow formats.
MAX_LINES = 8
# Size in pixels at which lines are compared; widths grow in proportion to the size.
MEASURED_SIZE = 64
# Characters up to which a word at the end of a line belongs to the next one, as "the" and "of" do.
SHORT_WORD = 3
# Costs of a line, next to the square of its difference to the mean width as a share of that: for a
# short word at its end, and for punctuation there, after which readers pause. Larger: more uneven
# lines. By how much more it costs if the last line is the shorter one. Larger: longer last lines.
SHORT_WORD_COST, PUNCTUATION_COST = 0.2, -0.08
WIDOW_FACTOR = 2.0
PUNCTUATION = ",.;:!?…—–"  # noqa: RUF001


def list_line_breaks(text: str, face: Typeface) -> Sequence[Lines]:
    """Returns the ways to break a headline, its own line breaks included, longest lines first.

    The longest part is broken into 1 to MAX_LINES lines; others into the fewest that are no wider.
    """
    parts = [part.split() for part in text.splitlines() if part.strip()]
    if not parts:
        return [()]
    longest = max(parts, key=lambda words: face.measure(" ".join(words), MEASURED_SIZE))
    ways: list[Lines] = []
    for balanced in _list_balanced(longest, face):
        width = max(face.measure(line, MEASURED_SIZE) for line in balanced)
        lines = [
            line
            for words in parts
            for line in (
                balanced if words is longest else fit_lines(words, width, MEASURED_SIZE, face)
            )
        ]
        if len(lines) <= MAX_LINES * len(parts):
            ways.append(tuple(lines))
    return ways


def keep_line_breaks(text: str) -> Lines:
    """Returns the lines of a headline as its own line breaks make them."""
    return tuple(" ".join(part.split()) for part in text.splitlines() if part.strip())


def _list_balanced(words: Sequence[str], face: Typeface) -> Iterator[Lines]:
    """Yields words in 1 line, in 2, and so on up to MAX_LINES, each about equally wide."""
    for count in range(1, min(len(words), MAX_LINES) + 1):
        yield _balance_lines(words, count, face)


def fit_lines(words: Sequence[str], width: float, size: int, face: Typeface) -> Lines:
    """Returns words in the fewest lines no wider than a width; in most lines if none is.

    width: in pixels, at the font size `size`.
    """
    lines: Lines = ()
    for lines in _list_balanced(words, face):
        if all(face.measure(line, size) <= width for line in lines):
            break
    return lines


def _balance_lines(words: Sequence[str], count: int, face: Typeface) -> Lines:
    """Returns words in a number of lines, at the least sum of their costs.

    Dynamic programming over the last line (D. E. Knuth, M. F. Plass: "Breaking Paragraphs into
    Lines", 1981).
    """
    mean = face.measure(" ".join(words), MEASURED_SIZE) / count
    # Cost and lines of the first words in `filled` lines, by how many words those are.
    best: dict[int, tuple[float, Lines]] = {0: (0.0, ())}
    for filled in range(1, count + 1):
        ends = [len(words)] if filled == count else range(filled, len(words) - count + filled + 1)
        best = {
            end: min(
                (
                    cost
                    + _rate_line(line, face.measure(line, MEASURED_SIZE) / mean, end < len(words)),
                    (*lines, line),
                )
                for start, (cost, lines) in best.items()
                if start < end
                for line in [" ".join(words[start:end])]
            )
            for end in ends
        }
    return best[len(words)][1]


def _rate_line(line: str, width: float, is_broken: bool) -> float:
    """Returns the cost of a line; width: as a share of the mean. is_broken: whether more follow."""
    cost = (width - 1) ** 2
    if not is_broken and width < 1:
        cost *= WIDOW_FACTOR
    if is_broken and line[-1] in PUNCTUATION:
        return cost + PUNCTUATION_COST
    if is_broken and len(line.rpartition(" ")[2]) <= SHORT_WORD:
        return cost + SHORT_WORD_COST
    return cost
