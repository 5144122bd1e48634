"""Surroundings repainted by a Stable Diffusion server, the product put back to the bit."""

from collections.abc import Iterator

import numpy as np

from services.inpainting.blur import blur
from services.inpainting.engine import Order
from services.sdapi.client import Server
from services.sdapi.errors import InitIgnored
from services.sdapi.settings import ServerSettings

FEATHER = 3.0
FARTHEST = 40.0


class A1111:
    """Asks a server that speaks the AUTOMATIC1111 API for img2img with the product locked."""

    name = "a1111"
    version = "1"

    def __init__(self, settings: ServerSettings) -> None:
        self._server = Server(settings)

    def trouble(self) -> str:
        return self._server.trouble()

    def inpaint(self, order: Order) -> Iterator[float | np.ndarray]:
        yield 0.0
        answer = self._server.img2img(
            order.composite,
            order.mask > 0,
            order.prompt or "product photograph",
            order.negative_prompt,
            order.strength.denoising_strength,
            order.seed,
        )
        check_likeness(answer, order.composite, order.mask)
        yield put_back(answer, order.composite, order.mask)


def put_back(answer: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Lays the product of uint8 RGB `composite` (H, W, 3) over the server's answer.

    mask: uint8 alpha (H, W). Where it is 255 the composite's pixels come through bit-equal; from
    there a feather a few pixels wide leads out to the answer.
    """
    share = mask.astype(np.float32) / 255
    weight = np.maximum(share, blur((mask > 0).astype(np.float32), FEATHER))[..., None]
    mixed = np.rint(answer * (1 - weight) + composite * weight).astype(np.uint8)
    return np.where(mask[..., None] == 255, composite, mixed)


def check_likeness(answer: np.ndarray, composite: np.ndarray, mask: np.ndarray) -> None:
    """Raises InitIgnored when what should have stayed locked looks like another picture."""
    inside = mask == 255
    if not inside.any():
        return
    smooth = [blur(p.astype(np.float32), 8.0)[inside] for p in (answer, composite)]
    if np.abs(smooth[0] - smooth[1]).mean() > FARTHEST:
        raise InitIgnored("the Stable Diffusion server ignored the composite that it was sent")
