"""Metadata in picture files: color profile, resolution, kind of source, record."""

import re
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape

from PIL import ImageCms

from services.finishing.product_record import ProductRecord, parse_product_record
from services.imaging.opening import open_image_file
from services.runtime.source_types import SOURCE_TYPES, find_source_type

NAMESPACE = "urn:cyclorama:1.0/"
# Value of the attribute `quality` in files of drafts; those of ads to publish have none.
DRAFT = "draft"
# The packet wrapper and its id are those of the XMP specification, part 1 (ISO 16684-1).
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:cyclorama="{namespace}"
    xmp:CreatorTool="Cyclorama"
    Iptc4xmpExt:DigitalSourceType="{source}"{properties}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""
# The creation date in the header of an ICC profile, bytes 24 to 35 (ICC.1, header).
PROFILE_DATE = slice(24, 36)


@dataclass(frozen=True)
class FileMetadata:
    """The metadata to write into a file.

    generative: whether a generative model made some of the pixels.
    record: the `record` of the manifest, at most 128 printable characters.
    dpi: the resolution in dots per inch.
    product: what is known about the product; None if nothing is.
    draft: whether the ad is a draft, which the file then says.
    """

    generative: bool = False
    record: str = ""
    dpi: float = 72.0
    product: ProductRecord | None = None
    draft: bool = False

    def to_xmp(self) -> bytes:
        """Returns the metadata of a picture file that says what made it: XMP (XML), in UTF-8.

        Contains the kind of source, the manifest's record and that of the product, but not the
        resolution.
        """
        own = {"record": self.record} | ({"quality": DRAFT} if self.draft else {})
        own |= self.product.to_attributes() if self.product else {}
        properties = "".join(
            '\n    cyclorama:{}="{}"'.format(name, escape(value, {'"': "&quot;"}))
            for name, value in own.items()
        )
        source = SOURCE_TYPES + find_source_type(generative=self.generative)
        packet = XMP.format(namespace=NAMESPACE, source=source, properties=properties)
        return packet.encode()


@dataclass(frozen=True)
class EmbeddedMetadata:
    """The metadata found in a file.

    source: its IPTC digital source type, without the URL of the vocabulary; empty if missing.
    record: the `record` of the manifest; empty if missing.
    product: what it records about its product; None if missing.
    draft: whether it says that it is a draft.
    """

    source: str = ""
    record: str = ""
    product: ProductRecord | None = None
    draft: bool = False


@cache
def build_srgb_profile() -> bytes:
    """Returns the ICC profile of sRGB without a date, so that equal pictures make equal files."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Twelve zero bytes, as many as the date has.
    profile[PROFILE_DATE] = bytes(12)
    return bytes(profile)


def read_embedded_metadata(data: bytes) -> EmbeddedMetadata:
    """Reads the source, the manifest's record and the product's from a picture file's XMP metadata.

    All are empty in a file without XMP.

    data: the bytes of a readable file.
    """
    with open_image_file(data, "image") as picture:
        packet = picture.info.get("xmp") or b""
    xmp = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else packet
    source = re.search(rf"{SOURCE_TYPES}(\w+)", xmp)
    own = dict(re.findall(r'cyclorama:(\w+)="([^"]*)"', xmp))
    return EmbeddedMetadata(
        source[1] if source else "",
        own.get("record", ""),
        parse_product_record(own),
        own.get("quality") == DRAFT,
    )
