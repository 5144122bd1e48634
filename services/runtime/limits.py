"""Limits and defaults of the contract that more than one process needs to know."""

# Leaves the choice of the engine to the stage.
AUTO = "auto"
PROMPT_CHARACTERS = 2000
MAX_SEED = 2**31 - 1
# Sides in pixels, the longer by the shorter side, and megapixels of an ad.
AD_SIDES, AD_ASPECT, AD_MEGAPIXELS = (50, 4096), 20, 8
# Sides and aspect of the backgrounds that stage 2 makes; others are scaled and cut from them.
BACKGROUND_SIDES, BACKGROUND_ASPECT = (256, 2048), 3
# Sides of the pictures that stages 3 to 5 take.
COMPOSITE_SIDES = (16, 4096)
# Of an ad, a background or a color whose size nobody named, in pixels.
DEFAULT_SIDE = 1024
# From this camera pitch on, in degrees, products lie on the surface instead of standing on it.
LYING_FROM_PITCH = 60.0
# Edges of a picture, in the order in which all that goes around it is stated.
SIDES = ("top", "right", "bottom", "left")
# What lettering leaves free along each edge, as a share of the side.
FREE_EDGE = 0.05
# Bytes, as the sizes of files are stated.
KILOBYTE = 1000
# Sampling steps, guidance, and the longest side in pixels that image servers draw.
STEPS, CFG_SCALE, DRAWN_SIDES = (1, 150), (1, 30), (64, 2048)
# Of a manifest, or of a certificate in one, in characters.
LONGEST_MANIFEST = 4_000_000
