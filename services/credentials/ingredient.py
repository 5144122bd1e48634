"""Makes a small record of a photo with its own Content Credentials, for those of the ad."""

import io
import json

import c2pa

from services.credentials.content import PHOTO_LABEL, PHOTO_TITLE, RELATIONSHIP
from services.credentials.library import open_context
from services.credentials.store import find_media_type


def archive_photo(data: bytes) -> bytes:
    """Returns a photo as an ingredient of an ad, with its credentials and without its pixels.

    Contains whether the credentials were valid, which only the whole photo shows. Returns nothing
    for a photo whose credentials cannot be read.

    data: the bytes of the photo, of any format.
    """
    description = {"title": PHOTO_TITLE, "relationship": RELATIONSHIP, "label": PHOTO_LABEL}
    archive = io.BytesIO()
    try:
        with c2pa.Builder('{"assertions": []}', open_context()) as builder:
            photo = io.BytesIO(data)
            builder.add_ingredient(json.dumps(description), find_media_type(data), photo)
            builder.write_ingredient_archive(PHOTO_LABEL, archive)
    except c2pa.C2paError:
        return b""
    return archive.getvalue()
