"""The size of drafts, which the gateway and the stages compute alike."""

# Width and height of a draft as shares of those of its ad. Larger: closer to the ad, and slower.
DRAFT_SCALE = 0.5


def compute_draft_size(width: int, height: int, smallest: int) -> tuple[int, int]:
    """Returns width and height of the draft of a picture, in its aspect ratio, in pixels.

    They are half of the picture's, but neither is below `smallest` or above the picture's.
    """
    scale = min(1.0, max(DRAFT_SCALE, smallest / min(width, height)))
    return round(scale * width), round(scale * height)
