"""Names and content of Content Credentials, which signing, reading and photos share."""

# Actions, from which the library makes an assertion of its newest version.
ACTIONS_LABEL = "c2pa.actions"
# The hash of the pixel-lock certificate, an assertion of our own.
LOCK_LABEL, LOCK_FIELD = "cyclorama.lock", "sha256"
# The photo among the ingredients: its label, title, and that it is a part of the ad.
PHOTO_LABEL, PHOTO_TITLE, RELATIONSHIP = "photo", "photo", "componentOf"
# A PNG of one gray pixel, on which certificates are tried and credentials are measured.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
PIXEL_TYPE = "image/png"
