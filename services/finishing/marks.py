"""What a file says about itself: its color space, its kind of source and its record."""

import io
import re
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from PIL import Image, ImageCms

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
# With and without pixels from a generative model; the words are the IPTC's.
GENERATIVE, COMPOSED = "compositeWithTrainedAlgorithmicMedia", "composite"
NAMESPACE = "urn:cyclorama:1.0/"
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:cyclorama="{namespace}"
    xmp:CreatorTool="Cyclorama"
    Iptc4xmpExt:DigitalSourceType="{source}"
    cyclorama:record="{record}"/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
PROFILE_DATE = slice(24, 36)


@dataclass(frozen=True)
class Marks:
    """What is written into a file beside its pixels; dpi: dots per inch."""

    generative: bool = False
    record: str = ""
    dpi: float = 72.0

    def xmp(self) -> bytes:
        """The XMP packet in UTF-8."""
        kind = GENERATIVE if self.generative else COMPOSED
        record = escape(self.record, {'"': "&quot;"})
        text = XMP.format(namespace=NAMESPACE, source=SOURCE_TYPES + kind, record=record)
        return text.encode()


@dataclass(frozen=True)
class Found:
    """The marks of a file: words of the IPTC for its source, its record; empty when missing."""

    source: str = ""
    record: str = ""


@cache
def srgb() -> bytes:
    """The ICC profile of sRGB, the same bytes on every day."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[PROFILE_DATE] = bytes(12)
    return bytes(profile)


def read_marks(data: bytes) -> Found:
    """Reads the XMP of a picture file; a file without one has no marks."""
    with Image.open(io.BytesIO(data)) as picture:
        packet = picture.info.get("xmp") or b""
    text = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else packet
    source = re.search(rf"{SOURCE_TYPES}(\w+)", text)
    record = re.search(r'cyclorama:record="([^"]*)"', text)
    return Found(source[1] if source else "", record[1] if record else "")
