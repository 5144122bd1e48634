"""The words that a prompt may use besides those of the families: colours, light, view, things."""

from PIL import ImageColor

from services.imaging.scene import RGB

# Names of trade and kitchen that CSS lacks, as paint charts give them.
MORE_COLORS: dict[str, RGB] = {
    "amber": (222, 160, 60),
    "apricot": (246, 196, 150),
    "aubergine": (72, 42, 66),
    "baby blue": (176, 208, 232),
    "beige": (226, 208, 182),
    "blush": (238, 206, 198),
    "brass": (196, 160, 92),
    "bronze": (150, 108, 66),
    "burgundy": (110, 30, 46),
    "butter": (246, 230, 170),
    "camel": (190, 148, 104),
    "caramel": (190, 132, 80),
    "champagne": (236, 218, 190),
    "charcoal": (58, 60, 64),
    "copper": (190, 116, 80),
    "cream": (246, 238, 220),
    "dusty pink": (212, 166, 164),
    "dusty rose": (200, 148, 146),
    "ecru": (226, 214, 190),
    "emerald": (22, 108, 82),
    "forest green": (38, 78, 56),
    "gold": (212, 170, 96),
    "golden": (212, 170, 96),
    "graphite": (66, 68, 72),
    "greige": (204, 194, 182),
    "lilac": (204, 186, 220),
    "mauve": (188, 154, 174),
    "mint": (190, 226, 206),
    "mocha": (142, 108, 88),
    "mustard": (212, 166, 64),
    "navy blue": (30, 42, 78),
    "navy": (30, 42, 78),
    "nude": (230, 204, 186),
    "ochre": (200, 146, 70),
    "off white": (244, 240, 232),
    "olive": (124, 122, 76),
    "peach": (250, 208, 180),
    "petrol": (28, 84, 96),
    "powder blue": (188, 208, 222),
    "rose": (226, 170, 172),
    "rose gold": (216, 160, 142),
    "rust": (172, 90, 54),
    "sage": (172, 188, 162),
    "sand": (224, 206, 178),
    "sandy": (224, 206, 178),
    "silver": (200, 202, 206),
    "stone": (206, 200, 190),
    "taupe": (176, 160, 146),
    "terracotta": (196, 112, 80),
    "terra cotta": (196, 112, 80),
    "vanilla": (246, 232, 196),
    "wine": (104, 32, 48),
    "black": (24, 24, 26),
    "white": (246, 245, 242),
    "grey": (178, 178, 178),
    "gray": (178, 178, 178),
    "red": (192, 44, 42),
    "green": (92, 146, 98),
    "blue": (72, 118, 184),
    "yellow": (244, 208, 88),
    "orange": (238, 148, 70),
    "pink": (242, 182, 190),
    "purple": (140, 102, 168),
    "brown": (132, 92, 64),
    "teal": (44, 124, 124),
    "turquoise": (98, 194, 190),
}

FOODS = (
    *("apricot", "butter", "caramel", "champagne", "cream", "honey", "mint", "mocha", "olive"),
    *("orange", "peach", "plum", "rose", "vanilla", "wine"),
)
"""Colours that as often name a product: they count only before a part of the set."""

# CSS names that mean something else in a sentence about a set.
NOT_COLORS = {"snow", "linen", "chocolate", "peru", "tomato", "wheat", "seashell", "tan"}

COLORS: dict[str, RGB] = {
    name: ImageColor.getrgb(name)[:3] for name in ImageColor.colormap if name not in NOT_COLORS
} | MORE_COLORS

SHADES = {
    "pastel": (0.5, 0.64),
    "pale": (0.45, 0.8),
    "light": (0.3, 0.9),
    "soft": (0.22, 0.85),
    "muted": (0.05, 0.6),
    "dusty": (0.08, 0.6),
    "deep": (-0.3, 1.05),
    "dark": (-0.42, 1.0),
    "rich": (-0.15, 1.15),
    "bright": (0.1, 1.15),
    "vivid": (0.0, 1.25),
    "warm": (0.0, 1.0),
    "cool": (0.0, 1.0),
    "clean": (0.0, 1.0),
    "pure": (0.0, 1.0),
}
"""How a word before a colour changes it: towards white (or black, below 0), and its saturation."""

PARTS = {
    "wall": ("wall", "walls", "background", "backdrop", "studio", "set", "sweep", "room", "scene"),
    "podium": ("podium", "pedestal", "plinth", "platform", "stand", "block", "blocks", "column"),
    "surface": (
        "paper",
        "table",
        "tabletop",
        "surface",
        "floor",
        "counter",
        "countertop",
        "marble",
        "linen",
        "cloth",
        "plaster",
        "concrete",
        "stone",
        "wood",
        "desk",
        "terrazzo",
    ),
    "accent": (
        "accent",
        "accents",
        "details",
        "trim",
        "rim",
        "sphere",
        "spheres",
        "props",
        "edges",
    ),
}

WOODS: dict[str, RGB] = {
    "walnut": (118, 80, 56),
    "oak": (192, 152, 106),
    "pine": (218, 182, 134),
    "teak": (164, 112, 70),
    "mahogany": (112, 58, 42),
    "ebony": (58, 46, 40),
}

SURFACES = {
    "marble": ("marble", "carrara", "calacatta"),
    "paper": ("paper", "cardboard", "card"),
    "wood": ("wood", "wooden", "timber", "plank", "planks", *WOODS),
    "linen": ("linen", "cloth", "fabric", "textile", "canvas", "cotton"),
    "plaster": (
        "plaster",
        "stucco",
        "limewash",
        "clay",
        "concrete",
        "cement",
        "sand",
        "microcement",
    ),
    "terrazzo": ("terrazzo",),
}

PITCHES = {
    90.0: (
        "flat lay",
        "flatlay",
        "flat-lay",
        "from above",
        "top view",
        "top down",
        "top-down",
        "overhead",
        "birds eye",
        "bird's eye",
        "knolling",
        "aerial",
    ),
    40.0: ("high angle", "45 degrees", "45 degree", "three quarter view", "three-quarter view"),
    5.0: ("eye level", "eye-level", "front view", "front on", "straight on", "low angle"),
}

VIEWS = {
    17.0: ("telephoto", "85mm", "100mm", "135mm", "macro lens", "macro", "close up"),
    36.0: ("wide angle", "24mm", "28mm", "35mm"),
}
"""Degrees along the shorter side."""

BLURS = {
    1.8: ("shallow depth of field", "shallow focus", "blurred", "blurry background", "f1.8"),
    0.25: ("deep focus", "everything in focus", "sharp background", "f16", "f11"),
}
"""How much more than usual is out of focus."""

SIDES = {
    300.0: ("from the left", "left light", "light left", "left side light", "lit from left"),
    60.0: ("from the right", "right light", "light right", "right side light", "lit from right"),
    180.0: (
        "backlit",
        "back lit",
        "backlight",
        "back light",
        "backlighting",
        "from behind",
        "rim light",
    ),
}

GOBOS = {
    "palm": ("palm", "palms", "tropical"),
    "leaves": ("leaf", "leaves", "foliage", "dappled", "botanical", "branch", "branches", "tree"),
    "window": ("window", "windows", "pane", "panes"),
    "blinds": ("blind", "blinds", "shutter", "shutters", "slats"),
}

HARD = ("hard", "harsh", "direct", "crisp", "bright sun", "sun", "strong")
HARD_ALONE = ("sunlight", "sunlit", "sunny", "harsh", "spotlight", "dramatic")
SOFT = ("soft", "softly", "diffused", "diffuse", "gentle", "overcast", "softbox", "even", "hazy")
SOFT_ALONE = ("diffused", "overcast", "softbox")
LIGHTS = ("light", "lighting", "lit", "shadow", "shadows", "glow", "daylight", "sunlight", "rays")

WARMTH = {
    4700.0: ("morning", "dawn", "sunrise", "warm", "cosy", "cozy", "autumn", "autumnal"),
    3900.0: ("golden hour", "sunset", "evening", "dusk", "candlelight", "candle"),
    7000.0: ("cool", "cold", "nordic", "winter", "wintry", "icy", "moonlight", "fresh"),
}
BY_LIGHT = ("warm", "cool", "cold", "fresh", "icy")
"""Words of warmth that count only next to a word of light."""

GOBO_ALONE = ("dappled", "blinds", "shutters")

LOW_SUN = ("morning", "sunrise", "golden hour", "sunset", "evening", "dusk")

MOODS = {
    "dark": ("moody", "dark", "low key", "low-key", "noir", "mysterious", "night", "dramatic"),
    "bright": (
        "bright",
        "airy",
        "high key",
        "high-key",
        "fresh",
        "clean",
        "e-commerce",
        "ecommerce",
        "commercial",
        "crisp",
    ),
}

THINGS = {
    "props": ("props", "prop", "objects", "decoration", "decorations", "clutter", "accessories"),
    "plants": ("plant", "plants", "leaf", "leaves", "flowers", "flower", "palm", "botanical"),
    "shadows": ("shadow", "shadows"),
    "podium": ("podium", "pedestal", "plinth", "platform"),
    "spheres": ("sphere", "spheres", "ball", "balls"),
}
"""What can be left out of a set when it is not wanted."""

NEGATIONS = ("no", "without", "not", "never", "minus", "avoid", "exclude")

PAUSES = (
    ".",
    "and",
    "with",
    "on",
    "in",
    "by",
    "for",
    "tones",
    "tone",
    "shades",
    "palette",
    "colors",
    "colours",
    "color",
    "colour",
    "hues",
)
"""Words after which a colour before them stands alone."""

JOINING = frozenset(
    (
        *(".", "a", "an", "the", "of", "on", "in", "at", "to", "and", "or", "with", "by", "for"),
        *("from", "into", "onto", "under", "over", "behind", "before", "above", "below", "near"),
        *("beside", "next", "its", "it", "this", "that", "some", "very", "as", "is", "are", "be"),
        *("product", "products", "photo", "photography", "shot", "image", "picture", "style"),
        *("look", "scene", "mood", "atmosphere", "background", "place", "put", "show", "standing"),
        *("sitting", "placed", "resting", "lying", "professional", "commercial", "advertising"),
        *("advertisement", "ad", "high", "quality", "realistic", "photorealistic", "detailed"),
    )
)
"""Words that say nothing of a set: they are not reported as missed."""

BETWEEN = (
    "coloured",
    "colored",
    "seamless",
    "round",
    "matte",
    "matt",
    "glossy",
    "polished",
    "minimal",
    "minimalist",
    "photo",
    "e",
    "commerce",
    "smooth",
    "textured",
    "veined",
    "velvet",
    "infinity",
    "product",
    "photography",
    "wooden",
    "curved",
    "square",
    "rough",
    "stone",
    "cyclorama",
)
"""Words that may stand between a colour and the part that it belongs to."""
