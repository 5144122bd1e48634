"""Letters and encodes ads with Pillow on the CPU."""

from collections.abc import Callable, Mapping

from isal import __version__ as isal_version
from PIL import __version__

from services.finishing.engine import FinishedFile, FinishingRequest
from services.finishing.engines.pillow.files import encode_ad
from services.finishing.engines.pillow.fonts import open_operator_font
from services.finishing.engines.pillow.lettering import LetteredPicture, draw_lettering
from services.finishing.engines.pillow.photoshop import encode_photoshop
from services.finishing.engines.pillow.text_styles import DEFAULT_LOOK
from services.runtime.engines import EngineTraits
from services.runtime.guards.cancellation import check_active


class PillowFinishing:
    """Letters and encodes ads; has no state but the font.

    font: path of the font for lettering that names none, empty for that of its look.
    hash_settings: returns the hash of the settings that shape a file, in hexadecimal.
    """

    name = "pillow"
    version = f"6-pillow{__version__}-isal{isal_version}"
    traits = EngineTraits()

    def __init__(self, font: str = "", hash_settings: Callable[[], str] = str) -> None:
        self._font = open_operator_font(font)
        self._hash_settings = hash_settings

    @property
    def settings_hash(self) -> str:
        """The hash of the settings that shape a file; empty for none."""
        return self._hash_settings()

    def finish(self, request: FinishingRequest) -> FinishedFile:
        """Draws the requested text and logo on an ad, and writes it as a file.

        Writes a second file, for Photoshop, with the ad and the layers under it if requested.

        Raises SizeLimitUnreachable when the file and what is reserved cannot be as small as
        max_bytes, InvalidRequest when the text does not fit next to the product.
        """
        options, ad, lettered, look = request.options, request.ad, None, ""
        if request.lettering:
            lettered = draw_lettering(ad, request.mask, request.lettering, self._font)
            ad, look = lettered.pixels, request.lettering.look
            check_active()
        file = encode_ad(
            ad,
            options.format,
            request.metadata,
            options.quality,
            options.max_bytes,
            options.reserved_bytes,
        )
        check_active()
        layers = [*request.layers, ("final", ad)] if options.layered_file else []
        return FinishedFile(
            data=file.data,
            format=options.format,
            quality=file.quality,
            ad=ad,
            layered_file=encode_photoshop(layers) if layers else b"",
            text_lines=lettered.lines if lettered else (),
            parameters=_describe_lettering(lettered, look) if lettered else {},
            warnings=lettered.warnings if lettered else (),
        )


def _describe_lettering(lettered: LetteredPicture, look: str) -> Mapping[str, object]:
    """Returns what the manifest says of lettering: look, font, size and box in pixels, veil."""
    return {
        "look": look or DEFAULT_LOOK,
        "font": lettered.font,
        "font_size": lettered.place.layout.size,
        "box": dict(zip(("x", "y", "width", "height"), lettered.place.box, strict=True)),
        "veil": lettered.veil,
    }
