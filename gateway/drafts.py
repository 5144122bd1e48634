"""What makes an ad a draft: half the size, the engine for drafts, and no check by a platform."""

from cyclorama.v1 import ads_pb2, engine_pb2, finishing_pb2, image_pb2
from services.runtime.drafts import compute_draft_size
from services.runtime.limits import AD_SIDES, AUTO


def is_draft(ad: ads_pb2.CreateAdRequest) -> bool:
    """Whether a request asks for a draft instead of an ad to publish."""
    return ad.quality == engine_pb2.QUALITY_DRAFT


def compute_picture_size(ad: ads_pb2.CreateAdRequest) -> image_pb2.Size:
    """Returns the size in pixels of the picture that a request asks for.

    That is `size`, and of a draft half of it, but no side below the smallest of an ad.

    ad: with its defaults filled in.
    """
    if not is_draft(ad):
        return ad.size
    width, height = compute_draft_size(ad.size.width, ad.size.height, AD_SIDES[0])
    return image_pb2.Size(width=width, height=height)


def wants_draft_engine(ad: ads_pb2.CreateAdRequest) -> bool:
    """Whether the inpainting engine for drafts is to run: for drafts whose caller names none."""
    return is_draft(ad) and ad.inpainting.engine.name in ("", AUTO)


def choose_inpainting_engine(
    ad: ads_pb2.CreateAdRequest, planned: engine_pb2.EngineStatus
) -> engine_pb2.EngineChoice:
    """Returns the choice of the inpainting engine in the request to that stage.

    It is the caller's, but for drafts whose caller names none the planned engine, with fallbacks as
    in "auto".

    planned: the engine that is expected to run.
    """
    if wants_draft_engine(ad) and planned.suits_drafts:
        return engine_pb2.EngineChoice(name=planned.name, allow_fallback=True)
    return ad.inpainting.engine


def choose_delivery(ad: ads_pb2.CreateAdRequest) -> finishing_pb2.Delivery:
    """Returns the options of an ad's file; a draft is not checked against a platform's rules.

    The size alone breaks rules, while the placement that the profile prescribes is that of the ad.
    """
    delivery = finishing_pb2.Delivery()
    delivery.CopyFrom(ad.delivery)
    if is_draft(ad):
        delivery.ClearField("profile")
    return delivery
