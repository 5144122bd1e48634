"""Chooses where lettering is and how large: in a calm part of the ad, next to the product."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import log2

import numpy as np

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.ground_map import GroundMap
from services.finishing.engines.pillow.line_breaks import (
    Lines,
    keep_line_breaks,
    list_line_breaks,
)
from services.finishing.engines.pillow.offers import split_offer
from services.finishing.engines.pillow.text_contrast import MIN_CONTRAST, rate_inks
from services.finishing.engines.pillow.text_styles import TextStyle, find_text_style
from services.finishing.engines.pillow.typeface import Typeface, TypefacePair
from services.finishing.engines.pillow.typesetting import (
    LayoutContent,
    PartBox,
    TextLayout,
    lay_out_column,
    lay_out_row,
)
from services.imaging.box import Box
from services.imaging.product import find_product_box
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.limits import TEXT_SIZE
from services.runtime.text_metrics import (
    BUTTON_TEXT_SHARE,
    MIN_BUTTON_TEXT_SHARE,
    PRODUCT_GAP,
    SIDE_TEXT_ASPECT,
)

# Smallest font size as a share of the picture's shorter side. Larger: longer texts are refused.
MIN_FONT_SHARE = 1 / 34
# Smallest font size in pixels; smaller letters run together.
MIN_FONT_SIZE = 9
# Smallest size of a button's text in pixels. Larger: small banners without a button.
MIN_BUTTON_SIZE = 12
# Largest share of the width that a button takes where its text stays readable, and the width by
# height below which a picture counts as that wide. Larger: larger buttons of many words.
BUTTON_WIDTH_SHARE, NARROW_ASPECT = 0.28, 0.56
# Font sizes per halving. A move of the product that leaves less room changes the size by a whole
# step or not at all. Larger: finer steps, and sizes that change more often.
SIZES_PER_HALVING = 6
# Largest font size of a logo without any text, in default sizes, which its height follows. Larger:
# a larger logo.
LOGO_ALONE = 0.7
# Width by height from which logo, headline and button may be next to each other. Smaller: also in
# formats that have room for all below each other.
ROW_ASPECT = 2.5
# Characters of an offer up to which it is in capitals where the style has them; longer ones are
# hard to read so.
MAX_CAPITALS = 40
# Shares of the free space that are left of and above a block of text, by the words of an anchor.
START, MIDDLE, END = 0.0, 0.5, 1.0
WORDS: Mapping[str, tuple[float, float]] = {
    "top": (MIDDLE, START),
    "bottom": (MIDDLE, END),
    "left": (START, MIDDLE),
    "right": (END, MIDDLE),
    "top_left": (START, START),
    "top_right": (END, START),
    "bottom_left": (START, END),
    "bottom_right": (END, END),
}
# Shares that are tried where the caller chose no place, and what each that leaves the margins
# costs. More shares: calmer places, which change with smaller moves of the product.
SHARES, INNER_COST = (0.0, 0.25, 0.5, 0.75, 1.0), 0.12
# What a place costs where the caller chose none, in halvings of the font size: the usual ones of a
# format are free, so that words stay there while they fit. Larger: places that change less often.
USUAL_COSTS: dict[str, float] = {
    "top": 0.0,
    "top_left": 0.4,
    "top_right": 0.5,
    "left": 0.7,
    "right": 0.75,
    "bottom": 0.8,
    "bottom_left": 0.8,
    "bottom_right": 0.85,
}
FLUSH_LEFT_COSTS = USUAL_COSTS | {"top": 0.5, "top_left": 0.0}
WIDE_COSTS: Mapping[str, float] = {
    "left": 0.0,
    "top_left": 0.12,
    "bottom_left": 0.18,
    "right": 0.4,
    "top_right": 0.5,
    "bottom_right": 0.55,
    "top": 0.6,
    "bottom": 0.8,
}
# Share of the largest font size that is large enough, and what a halving above it and one below it
# cost. Smaller: words that stay at the usual place rather than grow elsewhere.
COMFORTABLE_SHARE, LARGER_COST, SMALLER_COST = 0.65, 0.6, 1.6
# What words cost that are away from the product, per share of the picture's shorter side beyond the
# first one, which is air. Larger: words nearer to the product.
GROUP_COST, GROUP_AIR = 1.0, 0.25
# What words cost that are smaller than the usual place has room for. Larger: sizes that follow the
# room there, and not what lies behind the words.
SHRINK_COST = 0.3
# What a wholly detailed ground costs, in halvings, and what it does at most once a veil calms it.
# Larger: smaller words in calmer parts.
DETAIL_COST, VEIL_COST, VEILED_DETAIL_COST = 2.4, 0.3, 1.0
# Space around words in which things spoil them as behind them, in font sizes of the headline.
# Larger: words farther from things.
WORD_AIR = 0.35
# What halving the contrast below MIN_CONTRAST costs, and each line after the second. Larger: fewer
# veils; wider blocks.
CONTRAST_COST, LINE_COST = 0.3, 0.25
# What words cost that are of another size than in the earlier version of an ad, in halvings.
# Larger: words that move rather than change their size.
RESIZING_COST = 1.0


@dataclass(frozen=True)
class TextPlace:
    """Where lettering is, and how it is laid out.

    box: of the block of text (x, y, width, height), in pixels.
    anchor: the side or corner that it is at or nearest to, one of WORDS.
    content: what is laid out.
    wanted_size: the font size in pixels that the caller asked for, or the largest that is tried.
    detail: how much of the ground behind it has outlines and texture, 0 to 1.
    cost: what speaks against it, in halvings of the font size; the least is best.
    """

    box: Box
    layout: TextLayout
    anchor: str
    content: LayoutContent
    wanted_size: int
    detail: float
    cost: float

    @property
    def align(self) -> float:
        """The share of the free width that is left of each line: 0 flush left, 1 flush right."""
        return WORDS[self.anchor][0]


@dataclass(frozen=True)
class _Position:
    """Shares of the free space that are left of and above a block, its anchor, and its cost."""

    across: float
    down: float
    anchor: str
    cost: float = 0.0


def choose_place(
    picture: np.ndarray, mask: np.ndarray, lettering: Lettering, faces: TypefacePair
) -> TextPlace:
    """Chooses a place next to the product: large letters on a calm ground, where words usually are.

    Places are the sides and corners of the area inside the margins, or only the caller's, and
    sizes are those of a scale, so that the same words on similar ads look the same. The headline
    has no line breaks but its own where it fits at any size. Lettering that was in an earlier
    version of the ad is where it was there. Small ads rather have no button than one that cannot
    be read. Raises InvalidRequest if no place leaves the lettering large enough to read.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    """
    content = read_content(lettering, faces, *mask.shape)
    ground = GroundMap.measure(picture, mask)
    for shown in _list_contents(content, *mask.shape):
        if place := _PlaceSearch(lettering, shown, ground, mask).find_best():
            return place
    where = f"at the {lettering.anchor.replace('_', ' ')} " if lettering.anchor else ""
    advice = f"{'choose another place, ' if where else ''}shorten it, or make the product"
    problem = f"finds no room {where}next to the product; {advice} smaller"
    raise InvalidRequest(Violation("lettering", problem))


def _list_contents(content: LayoutContent, height: int, width: int) -> Iterator[LayoutContent]:
    """Yields what to try to lay out: in small ads with a headline also without the button.

    height, width: of the picture, in pixels.
    """
    yield content
    if content.headline and MIN_BUTTON_TEXT_SHARE * min(height, width) < MIN_BUTTON_SIZE:
        yield replace(content, button="")


def read_content(
    lettering: Lettering, faces: TypefacePair, height: int, width: int
) -> LayoutContent:
    """Returns what is to be laid out; height, width: of the picture, in pixels."""
    logo = lettering.logo
    claim, offer = split_offer(lettering.headline)
    content = LayoutContent(
        find_text_style(lettering.look),
        faces,
        faces.headline.set_case(claim),
        faces.small.set_case(offer) if len(offer) <= MAX_CAPITALS else offer,
        faces.small.set_case(lettering.button),
        0.0 if logo is None else logo.shape[1] / logo.shape[0],
        least_size=max(MIN_FONT_SIZE, MIN_BUTTON_TEXT_SHARE * min(height, width)),
    )
    return _size_button(content, lettering.button, height, width)


def _size_button(content: LayoutContent, text: str, height: int, width: int) -> LayoutContent:
    """Returns content whose button is as large in every ad of a size.

    A long text that is too wide in spaced letters or capitals is set without.
    """
    allowed = BUTTON_WIDTH_SHARE * max(width, NARROW_ASPECT * height)
    least = max(content.least_size, MIN_BUTTON_SIZE)
    if content.measure_button(round(least))[0] > allowed:
        plain = Typeface(content.faces.small.font)
        content = replace(content, button=text, button_face=plain)
    wanted = max(least, BUTTON_TEXT_SHARE * _measure_reference(height, width))
    across, _ = content.measure_button(round(wanted))
    size = max(least, wanted * min(1.0, allowed / max(1.0, across)))
    return replace(content, button_size=size)


def _measure_reference(height: int, width: int) -> float:
    """Returns the side in pixels that sizes are shares of: the shorter one, or half the longer.

    In very long formats the shorter side alone would make the text too small.
    """
    return max(min(height, width), 0.5 * max(height, width))


def list_sizes(lettering: Lettering, height: int, width: int) -> list[int]:
    """Returns the scale of font sizes to try, in pixels, the largest first.

    height, width: of the picture.
    """
    least = max(MIN_FONT_SIZE, round(MIN_FONT_SHARE * min(height, width)))
    scale = find_text_style(lettering.look).scale
    has_words = lettering.headline or lettering.button
    usual = scale * TEXT_SIZE if has_words else LOGO_ALONE * TEXT_SIZE
    largest = max(least, round((lettering.size or usual) * _measure_reference(height, width)))
    steps = int(SIZES_PER_HALVING * log2(largest / least))
    return [round(largest * 2 ** (-step / SIZES_PER_HALVING)) for step in range(steps + 1)]


def _list_positions(anchor: str, style: TextStyle, height: int, width: int) -> Sequence[_Position]:
    """Returns the positions to try: that of an anchor, or all but the middle, with their costs.

    height, width: of the picture.
    """
    if anchor:
        return [_Position(*WORDS[anchor], anchor)]
    usual = WIDE_COSTS if width >= SIDE_TEXT_ASPECT * height else USUAL_COSTS
    if usual is USUAL_COSTS and style.is_flush_left:
        usual = FLUSH_LEFT_COSTS
    names = {shares: word for word, shares in WORDS.items()}
    positions = []
    for across, down in product(SHARES, SHARES):
        nearest = _find_end(across), _find_end(down)
        if word := names.get(nearest):
            inner = sum(share not in (START, MIDDLE, END) for share in (across, down))
            positions.append(_Position(across, down, word, usual[word] + INNER_COST * inner))
    return positions


def _find_end(share: float) -> float:
    """Returns START, MIDDLE or END for a share of the free space."""
    return START if share < MIDDLE else END if share > MIDDLE else MIDDLE


class _PlaceSearch:
    """Lists the places of lettering on an ad, and rates them."""

    def __init__(
        self, lettering: Lettering, content: LayoutContent, ground: GroundMap, mask: np.ndarray
    ) -> None:
        """Keeps what places depend on; mask: uint8 alpha (H, W) of the product."""
        height, width = mask.shape
        self._color = lettering.color
        self._earlier = lettering.earlier_box
        self._ground = ground
        self._product = find_product_box(mask)
        self._side = min(height, width)
        self._area = _find_area(lettering.margins, height, width)
        self._gap = PRODUCT_GAP * min(height, width)
        self._sizes = list_sizes(lettering, height, width)
        self._content = content
        self._positions = _list_positions(lettering.anchor, content.style, height, width)
        is_long = width >= ROW_ASPECT * height
        self._lay_outs = (lay_out_column, lay_out_row) if is_long else (lay_out_column,)

    def find_best(self) -> TextPlace | None:
        """Returns the place of the earlier version, or the best one; None without any."""
        headline, face = self._content.headline, self._content.faces.headline
        own = keep_line_breaks(headline)
        further = list_line_breaks(headline, face)
        for ways in ([own], further) if len(own) > 1 else (further,):
            if kept := next(filter(None, map(self.keep_place, ways)), None):
                return kept
            places = [place for lines in ways for place in self.list_places(lines)]
            if places:
                return min(places, key=lambda place: place.cost)
        return None

    def keep_place(self, lines: Lines) -> TextPlace | None:
        """Returns the place of the earlier version, where the lettering fills it again; else None.

        lines: of the headline.
        """
        if not self._earlier or not self._is_free(self._earlier):
            return None
        x, y, width, height = self._earlier
        for lay_out, size in product(self._lay_outs, self._sizes):
            layout = lay_out(self._content, lines, size)
            if (layout.width, layout.height) == (width, height):
                return self._rate_place(x, y, layout, self._find_position(self._earlier))
        return None

    def _is_free(self, box: Box) -> bool:
        """Returns whether a box is inside the margins, and not on the product."""
        x, y, width, height = box
        left, top, across, down = self._area
        is_inside = left <= x <= left + across - width and top <= y <= top + down - height
        return is_inside and not self._ground.touches_product(box, self._gap)

    def _find_position(self, box: Box) -> _Position:
        """Returns the position that is nearest to that of a box."""
        x, y, width, height = box
        left, top, across, down = self._area
        shares = (x - left) / max(1, across - width), (y - top) / max(1, down - height)

        def measure_distance(position: _Position) -> float:
            return abs(position.across - shares[0]) + abs(position.down - shares[1])

        return min(self._positions, key=measure_distance)

    def list_places(self, lines: Lines) -> Iterator[TextPlace]:
        """Yields every place where lettering has room; lines: those of its headline."""
        left, top, across, down = self._area
        has_larger = False
        for lay_out, size in product(self._lay_outs, self._sizes):
            if self._content.button and self._content.size_button(size) < MIN_BUTTON_SIZE:
                continue
            layout = lay_out(self._content, lines, size)
            if layout.width > across or layout.height > down:
                continue
            for position in self._positions:
                x = left + round(position.across * (across - layout.width))
                y = top + round(position.down * (down - layout.height))
                if not self._ground.touches_product((x, y, layout.width, layout.height), self._gap):
                    place = self._rate_place(x, y, layout, position)
                    is_usual = not position.cost
                    is_shrunk = is_usual and has_larger
                    yield replace(place, cost=place.cost + SHRINK_COST) if is_shrunk else place
                    has_larger |= is_usual

    def _rate_place(self, x: int, y: int, layout: TextLayout, position: _Position) -> TextPlace:
        """Returns the place of a layout at (x, y), with its cost."""
        wanted, box = self._sizes[0], (x, y, layout.width, layout.height)
        parts = layout.place_parts(x, y, WORDS[position.anchor][0])
        # A prop behind one word spoils the headline as much as a detailed ground behind all of it.
        mean = self._ground.measure_detail(box)
        detail = (max(map(self._ground.measure_detail, parts)) + mean) / 2
        around = [widen_part(part, WORD_AIR * layout.size) for part in parts]
        worst = (max(map(self._ground.measure_worst_detail, around)) + mean) / 2
        contrast = rate_inks(*self._ground.measure_light(box), self._color)
        is_resized = self._earlier and (layout.width, layout.height) != self._earlier[2:]
        cost = (
            _rate_size(layout.size / wanted)
            + (RESIZING_COST if is_resized else 0.0)
            + position.cost
            + min(DETAIL_COST * worst, VEIL_COST + VEILED_DETAIL_COST * worst)
            + CONTRAST_COST * max(0.0, log2(MIN_CONTRAST / contrast))
            + LINE_COST * max(0, len(layout.lines) - 2)
            + GROUP_COST * max(0.0, measure_gap(box, self._product) / self._side - GROUP_AIR)
        )
        return TextPlace(box, layout, position.anchor, self._content, wanted, detail, cost)


def widen_part(part: PartBox, air: float) -> PartBox:
    """Returns a part's box with what is around it, `air` in pixels."""
    x, y, width, height = part
    return x - air, y - air, width + 2 * air, height + 2 * air


def measure_gap(first: Box, second: Box) -> float:
    """Returns the distance of two boxes in pixels, 0 where they touch."""
    (x, y, width, height), (left, top, across, down) = first, second
    columns = max(0, left - x - width, x - left - across)
    rows = max(0, top - y - height, y - top - down)
    return float(np.hypot(columns, rows))


def _rate_size(share: float) -> float:
    """Returns what a font size costs, in halvings, as a share of the largest that is tried."""
    missing = max(0.0, log2(COMFORTABLE_SHARE / share))
    return LARGER_COST * (log2(1 / share) - missing) + SMALLER_COST * missing


def _find_area(
    margins: tuple[float, float, float, float], height: int, width: int
) -> tuple[int, int, int, int]:
    """Returns the box inside the margins, in pixels.

    margins: the strips at the top, right, bottom and left that stay free, as shares of the
        picture's height (top, bottom) or width.
    """
    top_margin, right_margin, bottom_margin, left_margin = margins
    top, bottom = round(top_margin * height), round((1 - bottom_margin) * height)
    left, right = round(left_margin * width), round((1 - right_margin) * width)
    return left, top, right - left, bottom - top
