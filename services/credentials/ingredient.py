"""Makes a small record of a photo with its own Content Credentials, for those of the ad."""

import io
import json
from typing import Any

import c2pa

from services.credentials.content import PHOTO_LABEL, PHOTO_TITLE, PIXEL, PIXEL_TYPE, RELATIONSHIP
from services.credentials.library import open_context
from services.credentials.store import find_media_type

# Label of the thumbnail in a photo's credentials. The library would add it to the ad a second time
# as that of the ingredient, unless there is another one, in whose place the first is shown.
THUMBNAIL_LABEL, STAND_IN = b"c2pa.thumbnail.claim", "pixel.png"


def archive_photo(data: bytes) -> bytes:
    """Returns a photo as an ingredient of an ad, with its credentials and without its pixels.

    Contains whether the credentials were valid, which only the whole photo shows. Returns nothing
    for a photo whose credentials cannot be read.

    data: the bytes of the photo, of any format.
    """
    description: dict[str, Any] = {
        "title": PHOTO_TITLE,
        "relationship": RELATIONSHIP,
        "label": PHOTO_LABEL,
    }
    has_thumbnail = THUMBNAIL_LABEL in data
    if has_thumbnail:
        description["thumbnail"] = {"format": PIXEL_TYPE, "identifier": STAND_IN}
    archive = io.BytesIO()
    try:
        with c2pa.Builder('{"assertions": []}', open_context()) as builder:
            photo = io.BytesIO(data)
            if has_thumbnail:
                builder.add_resource(STAND_IN, io.BytesIO(PIXEL))
            builder.add_ingredient(json.dumps(description), find_media_type(data), photo)
            builder.write_ingredient_archive(PHOTO_LABEL, archive)
    except c2pa.C2paError:
        return b""
    return archive.getvalue()
