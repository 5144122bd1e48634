"""Reports the colors of parts that the place of a brief does not have."""

from services.studio.briefs.reading import Reading

# Places without walls, those without parts that an accent colors, and those with a wall that two
# colors run over.
OPEN_PLACES = frozenset(("garden", "forest", "mountain", "beach", "desert", "snow", "street_night"))
BARE_PLACES = frozenset(("studio", "tabletop", "flat_lay", "abstract", "festive", "water"))
BLENDING_PLACES = frozenset(("studio", "podium", "tabletop", "flat_lay", "abstract"))


def report_hidden_colors(reading: Reading, place: str | None) -> None:
    """Reports colored walls and accents, and blends of colors, that the place does not show."""
    hidden = list_hidden_parts(place)
    for phrase in reading.phrases:
        head = phrase.head
        if head is None or phrase.negated or phrase in reading.products:
            continue
        part, colors = head.find("part"), [term for term in phrase.terms if term.find("color")]
        is_hidden = part is not None and part.key in hidden & reading.colors.keys()
        if is_hidden and colors and not head.find("thing"):
            reading.report.retract(colors[0], head)
            reading.report.leave_out(colors[0], head)
    if place is not None and place not in BLENDING_PLACES:
        _report_blends(reading)


def list_hidden_parts(place: str | None) -> frozenset[str]:
    """Returns the parts of "parts" in words/parts.toml whose color a place does not show."""
    if place in OPEN_PLACES:
        return frozenset(("wall", "accent"))
    return frozenset(("accent",)) if place in BARE_PLACES else frozenset()


def _report_blends(reading: Reading) -> None:
    if reading.gradient is None and reading.split is None:
        return
    for phrase in reading.phrases:
        for term in phrase.terms:
            if term.kinds & {"gradient", "split"} and not phrase.negated:
                reading.report.retract(term, term)
                reading.report.leave_out(term, term)
