"""Limits and defaults of the contract that more than one process needs."""

# The engine name that leaves the choice to the stage.
AUTO = "auto"
# Characters of a prompt: several of the 75-token chunks, each of about 300 characters, that CLIP
# text encoders read. Larger: more words for a caller, and more text to store with each job.
MAX_PROMPT_CHARACTERS = 2000
# The largest signed 32-bit integer, which every engine, server and language can hold.
MAX_SEED = 2**31 - 1
# Of an ad: sides in pixels (50 admits the 320 x 50 mobile banner), the longer side divided by the
# shorter (more than any IAB banner needs: 728 x 90 is 8), and megapixels (larger: more memory and
# time per ad).
AD_SIDES, AD_ASPECT, AD_MEGAPIXELS = (50, 4096), 20, 8
# Sides in pixels and aspect of the backgrounds that stage 2 generates; other sizes are scaled and
# cropped from them. Larger: more detail in large ads, and more time and memory per background.
BACKGROUND_SIDES, BACKGROUND_ASPECT = (256, 2048), 3
# Sides in pixels of the images that stages 3 to 5 accept. The upper bound is that of an ad.
COMPOSITE_SIDES = (16, 4096)
# Side in pixels of an ad, background or color of unspecified size: what SDXL was trained on.
DEFAULT_SIDE = 1024
# Camera pitch in degrees from which products lie on the surface instead of standing on it. Smaller:
# products already lie flat in views that look less steeply down.
MIN_LYING_PITCH = 60.0
# Probability from which on the pitch of a photo's camera is followed. Larger: fewer scenes seen
# from a wrong height, and more that ignore the photo's.
FOLLOWED_CONFIDENCE = 0.5
# Edges of an image, in the order of CSS margins.
SIDES = ("top", "right", "bottom", "left")
# Margin that lettering leaves free along each edge, as a share of the side. Larger: smaller text.
TEXT_EDGE_MARGIN = 0.05
# Bytes of a font file. Larger: fonts with more languages, and more memory for each call.
MAX_FONT_BYTES = 4 * 2**20
# Font size of a headline as a share of the picture's shorter side, where the caller sets none, and
# what callers may set. Larger: larger letters, and a smaller product next to them.
TEXT_SIZE, TEXT_SIZES = 1 / 9, (0.03, 0.4)
# Bytes in a kilobyte as ad platforms state file sizes (SI, not 1024).
KILOBYTE = 1000
# Sampling steps, classifier-free guidance scale, and sides in pixels of the images that Stable
# Diffusion models draw: the ranges that AUTOMATIC1111's web interface offers.
SAMPLING_STEPS, CFG_SCALE, DIFFUSION_SIDES = (1, 150), (1, 30), (64, 2048)
# Characters of a manifest, or of a pixel lock certificate in one: just below the 4 MiB that gRPC
# accepts as a message by default.
MAX_MANIFEST_CHARACTERS = 4_000_000
# Most bytes of a photo's Content Credentials that an ad takes over. Larger: larger ads, as the
# thumbnails of some cameras count.
MAX_CREDENTIALS_BYTES = 2**20
