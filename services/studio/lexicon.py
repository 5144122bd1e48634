"""Words that prompts may use besides those of the families: colors, light, camera, things."""

from PIL import ImageColor

from services.imaging.scene import RGB

# sRGB of color names that CSS lacks or defines too vividly for a set, as paint charts show them.
PAINT_COLORS: dict[str, RGB] = {
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

# Colors that name foods and drinks as often: they count only before a part of the set.
FOOD_COLORS = (
    *("apricot", "butter", "caramel", "champagne", "cream", "honey", "mint", "mocha", "olive"),
    *("orange", "peach", "plum", "rose", "vanilla", "wine"),
)

# CSS names that mean something else in a sentence about a set.
NOT_COLORS = {"snow", "linen", "chocolate", "peru", "tomato", "wheat", "seashell", "tan"}

# sRGB by name: CSS Color Module, overridden by paint charts.
COLORS: dict[str, RGB] = {
    name: ImageColor.getrgb(name)[:3] for name in ImageColor.colormap if name not in NOT_COLORS
} | PAINT_COLORS

# Effect of a word before a color: share of the way to white (to black, below 0), and factor on its
# saturation. A larger share: paler, or darker below 0.
COLOR_MODIFIERS = {
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

# Words for each part of a set that can have a color.
SET_PARTS = {
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

# sRGB of a wooden surface by the name of its wood.
WOOD_COLORS: dict[str, RGB] = {
    "walnut": (118, 80, 56),
    "oak": (192, 152, 106),
    "pine": (218, 182, 134),
    "teak": (164, 112, 70),
    "mahogany": (112, 58, 42),
    "ebony": (58, 46, 40),
}

# Words for each material of a surface.
SURFACE_MATERIALS = {
    "marble": ("marble", "carrara", "calacatta"),
    "paper": ("paper", "cardboard", "card"),
    "wood": ("wood", "wooden", "timber", "plank", "planks", *WOOD_COLORS),
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

# Words for the camera's pitch in degrees; the larger the pitch, the further it looks down.
CAMERA_PITCHES = {
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

# Words for the view angle in degrees along the shorter side; the larger, the wider. 17 degrees are
# about an 80 mm lens on full frame, 36 about 37 mm.
VIEW_ANGLES = {
    17.0: ("telephoto", "85mm", "100mm", "135mm", "macro lens", "macro", "close up"),
    36.0: ("wide angle", "24mm", "28mm", "35mm"),
}

# Words for the factor on the lens aperture; the larger, the more is out of focus.
BLUR_FACTORS = {
    1.8: ("shallow depth of field", "shallow focus", "blurred", "blurry background", "f1.8"),
    0.25: ("deep focus", "everything in focus", "sharp background", "f16", "f11"),
}

# Words for the key light's azimuth in degrees, as in the contract's Light: 0 is at the camera, 90
# on the right.
LIGHT_AZIMUTHS = {
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

# Words for each gobo, an object in the light that casts a pattern of shadows.
GOBO_WORDS = {
    "palm": ("palm", "palms", "tropical"),
    "leaves": ("leaf", "leaves", "foliage", "dappled", "botanical", "branch", "branches", "tree"),
    "window": ("window", "windows", "pane", "panes"),
    "blinds": ("blind", "blinds", "shutter", "shutters", "slats"),
}

# Words for hard and soft light, near a word of light or (ALONE) anywhere.
HARD_LIGHT_WORDS = ("hard", "harsh", "direct", "crisp", "bright sun", "sun", "strong")
HARD_LIGHT_WORDS_ALONE = ("sunlight", "sunlit", "sunny", "harsh", "spotlight", "dramatic")
SOFT_LIGHT_WORDS = (
    "soft",
    "softly",
    "diffused",
    "diffuse",
    "gentle",
    "overcast",
    "softbox",
    "even",
    "hazy",
)
SOFT_LIGHT_WORDS_ALONE = ("diffused", "overcast", "softbox")
# Words that speak of light.
LIGHT_NOUNS = (
    "light",
    "lighting",
    "lit",
    "shadow",
    "shadows",
    "glow",
    "daylight",
    "sunlight",
    "rays",
)

# Words for the color temperature in kelvin; the larger, the bluer. Late sun is below 4,000 K,
# morning light about 4,700 K, open shade about 7,000 K.
COLOR_TEMPERATURES = {
    4700.0: ("morning", "dawn", "sunrise", "warm", "cosy", "cozy", "autumn", "autumnal"),
    3900.0: ("golden hour", "sunset", "evening", "dusk", "candlelight", "candle"),
    7000.0: ("cool", "cold", "nordic", "winter", "wintry", "icy", "moonlight", "fresh"),
}
# Words of temperature that count only near a word of light.
TEMPERATURE_WORDS_NEAR_LIGHT = ("warm", "cool", "cold", "fresh", "icy")

# Words for a gobo that count without a word of light.
GOBO_WORDS_ALONE = ("dappled", "blinds", "shutters")

# Words for a low sun.
LOW_SUN_WORDS = ("morning", "sunrise", "golden hour", "sunset", "evening", "dusk")

# Words for each mood.
MOOD_WORDS = {
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

# Words for things that a prompt can exclude from a set.
REMOVABLE_THINGS = {
    "props": ("props", "prop", "objects", "decoration", "decorations", "clutter", "accessories"),
    "plants": ("plant", "plants", "leaf", "leaves", "flowers", "flower", "palm", "botanical"),
    "shadows": ("shadow", "shadows"),
    "podium": ("podium", "pedestal", "plinth", "platform"),
    "spheres": ("sphere", "spheres", "ball", "balls"),
}

# Words that exclude what follows.
NEGATION_WORDS = ("no", "without", "not", "never", "minus", "avoid", "exclude")

# Words that separate a color from what follows.
COLOR_PHRASE_ENDS = (
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

# Words that say nothing about a set: they are not reported as unknown.
FILLER_WORDS = frozenset(
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

# Words that may stand between a color and the part that it belongs to.
COLOR_PHRASE_FILLERS = (
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
