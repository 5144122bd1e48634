"""Names in the Content Credentials of ads, which signing and reading share."""

# Actions, from which the library makes an assertion of its newest version.
ACTIONS_LABEL = "c2pa.actions"
# The hash of the pixel-lock certificate, an assertion of our own.
LOCK_LABEL, LOCK_FIELD = "cyclorama.lock", "sha256"
# The photo among the ingredients: its label, title, and that it is a part of the ad.
PHOTO_LABEL, PHOTO_TITLE, RELATIONSHIP = "photo", "photo", "componentOf"
