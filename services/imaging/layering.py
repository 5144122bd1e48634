"""A picture's layers, from the bottom up, as pixels and as messages."""

from collections.abc import Iterator, Sequence

import numpy as np

from cyclorama.v1 import image_pb2
from services.imaging.images import encode
from services.runtime.formats import PNG

NamedLayer = tuple[str, np.ndarray]
"""A name and uint8 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA of the whole canvas."""


def layer_messages(layers: Sequence[NamedLayer]) -> Iterator[image_pb2.Layer]:
    """Writes Layer messages."""
    for name, pixels in layers:
        yield image_pb2.Layer(name=name, image=encode(pixels, PNG))
