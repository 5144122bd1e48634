"""Builds the image codec of a stage: its limits, its budget of memory, its metrics."""

from services.imaging.images import ImageCodec
from services.imaging.resources import DecodingResources
from services.runtime.guards.cancellation import check_active
from services.runtime.memory_budget import share_memory_budget
from services.runtime.observing import record_codec_time
from services.runtime.settings import StageSettings


def build_image_codec(settings: StageSettings) -> ImageCodec:
    """Returns a codec for the images of requests and responses.

    It reserves memory from the budget that the stages of a process share, ends decoding when the
    caller leaves, and records its time in the metrics.

    settings: the limits on images and messages, and the memory of the process.
    """
    return ImageCodec(
        settings,
        settings.max_message_mib,
        record_codec_time,
        DecodingResources(share_memory_budget(settings.memory_bytes), check_active),
    )
