"""The endpoint that cuts a product out of its photo, before an ad is made of it."""

from base64 import b64encode
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cyclorama.results import Cutout
from cyclorama.v1 import image_pb2
from cyclorama.web.form_options import read_cutout_arguments
from cyclorama.web.forms import read_ad_form
from cyclorama.web.responses import await_for_browser
from cyclorama.web.warning_texts import DOUBT, word_doubt, word_glass

# Longest side of the cut-out in pixels. Larger: a sharper picture on large screens, which takes
# longer to come.
PICTURE_SIDE = 1024


async def cut_out(request: Request) -> Response:
    """POST /api/cutouts: cuts the product out of a photo with its corrections, as JSON."""
    form = await read_ad_form(request)
    arguments = read_cutout_arguments(form.options)
    if "mask" in form.pictures:
        arguments["mask"] = form.pictures["mask"]
    options: Any = {"max_side": PICTURE_SIDE}
    segmentation = request.app.state.client.segment(
        form.photo, options=options, format="webp", **arguments
    )
    return JSONResponse(cutout_to_json(await await_for_browser(request, segmentation)))


def cutout_to_json(cutout: Cutout) -> dict[str, Any]:
    """Returns a cut-out as JSON for the page: its picture, and where it is in the photo.

    left, top, width and height are shares of the photo's sides; photo_width and photo_height are
    pixels. doubt: why it may be wrong, empty where it is sure. doubtful_box: where; None if not
    known. glass: what to do if the product is of glass, empty where it does not look like it.
    """
    reply = cutout.reply
    photo = reply.photo_size
    # The generated stubs have no types for warnings, whose name is that of a built-in class.
    warnings: Any = reply.run.warnings
    boxes = [each.box for each in warnings if each.reason == DOUBT and each.HasField("box")]
    return {
        "kind": "cutout",
        "picture": f"data:image/webp;base64,{b64encode(cutout.data).decode()}",
        "photo_width": photo.width,
        "photo_height": photo.height,
        "confidence": round(reply.confidence, 3),
        "doubt": word_doubt(warnings),
        "glass": word_glass(warnings),
        "doubtful_box": _box_to_shares(boxes[0], photo) if boxes else None,
        **_box_to_shares(reply.bounds, photo),
    }


def _box_to_shares(box: image_pb2.Box, photo: image_pb2.Size) -> dict[str, float]:
    """Returns a box in a photo as shares of the photo's sides."""
    return {
        "left": box.x / photo.width,
        "top": box.y / photo.height,
        "width": box.width / photo.width,
        "height": box.height / photo.height,
    }


ROUTES = [Route("/api/cutouts", cut_out, methods=["POST"])]
