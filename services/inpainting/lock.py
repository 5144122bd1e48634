"""The pixel lock: the product's own pixels over whatever a server answered."""

import numpy as np

from services.inpainting.ring import distance_outside

FEATHER = 5.0


def put_back(answer: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lays the product of uint8 RGB `composite` (H, W, 3) over the server's answer.

    mask: uint8 alpha (H, W). Wherever it is not 0 the composite's pixels come through bit-equal;
    from there a feather 5 pixels wide leads out to the answer.
    """
    share = np.clip(1 - distance_outside(mask) / FEATHER, 0, 1)[..., None]
    # Smoothstep: no edge where the feather begins or ends.
    weight = share * share * (3 - 2 * share)
    mixed = np.rint(answer + (composite.astype(np.float32) - answer) * weight).astype(np.uint8)
    return np.where(mask[..., None] > 0, composite, mixed)
