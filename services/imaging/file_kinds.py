"""Recognizes files that cannot be read as pictures by their first bytes, and says what to do."""

# Advice for a kind of file, each after "is a ...".
_EXPORT = "export it as JPEG or PNG"
_DEVELOP = "develop it to TIFF or JPEG first"
_FRAME = "export one frame as JPEG or PNG"
_SAVE_PICTURE = "save the picture itself and send that"
_SEND_AGAIN = "it is damaged or cut short; export or send it again"

CAMERA_RAW = f"is a camera RAW file; {_DEVELOP}"
HEIF_SEQUENCE = f"is a HEIF image sequence; {_FRAME}"

# Where a signature starts, the signature, and what a file with it is. Most are from the formats'
# specifications; those of camera RAW files and of GIMP are from the files themselves.
_SIGNATURES = (
    (0, b"%PDF", f"is a PDF document; {_EXPORT}"),
    (0, b"%!PS", f"is a PostScript file; {_EXPORT}"),
    (0, b"\xc5\xd0\xd3\xc6", f"is a PostScript file; {_EXPORT}"),
    (0, b"8BPS", f"is a Photoshop file; {_EXPORT}"),
    (0, b"gimp xcf", f"is a GIMP file; {_EXPORT}"),
    (0, b"PK\x03\x04", "is a ZIP archive or office document; send a picture from it"),
    (0, b"\x1f\x8b", "is a gzip archive; unpack it and send the picture"),
    (0, b"FUJIFILMCCD-RAW", CAMERA_RAW),
    (0, b"IIRO", CAMERA_RAW),
    (0, b"IIRS", CAMERA_RAW),
    (0, b"MMOR", CAMERA_RAW),
    (0, b"IIU\0", CAMERA_RAW),
    (0, b"\0MRM", CAMERA_RAW),
    (0, b"FOVb", CAMERA_RAW),
    (0, b"\xff\x0a", f"is a JPEG XL file; {_EXPORT}"),
    (4, b"JXL ", f"is a JPEG XL file; {_EXPORT}"),
    (4, b"jP  ", f"is a JPEG 2000 file; {_EXPORT}"),
    (0, b"\xff\x4f\xff\x51", f"is a JPEG 2000 file; {_EXPORT}"),
    (0, b"II\xbc\x01", f"is a JPEG XR file; {_EXPORT}"),
    (0, b"\x76\x2f\x31\x01", f"is an OpenEXR file; {_EXPORT}"),
    (0, b"#?RADIANCE", f"is a Radiance HDR file; {_EXPORT}"),
    (0, b"\0\0\1\0", f"is an icon; {_EXPORT}"),
    (0, b"\x1a\x45\xdf\xa3", f"is a video; {_FRAME}"),
    (8, b"AVI ", f"is a video; {_FRAME}"),
    (0, b"FLV\1", f"is a video; {_FRAME}"),
    (0, b"\0\0\1\xba", f"is a video; {_FRAME}"),
    (0, b"\x89PNG", f"starts as a PNG file, but {_SEND_AGAIN}"),
    (0, b"\xff\xd8\xff", f"starts as a JPEG file, but {_SEND_AGAIN}"),
    (0, b"GIF8", f"starts as a GIF file, but {_SEND_AGAIN}"),
    (8, b"WEBP", f"starts as a WebP file, but {_SEND_AGAIN}"),
    (0, b"II*\0", f"is a TIFF file of a kind that cannot be read; {_EXPORT}"),
    (0, b"MM\0*", f"is a TIFF file of a kind that cannot be read; {_EXPORT}"),
)
# The brands of ISO base media files (ISO/IEC 14496-12) that contain pictures: coded with HEVC
# (ISO/IEC 23008-12), with AV1, or with either.
_HEVC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AV1_BRANDS = {b"avif", b"avis"}
_PICTURE_BRANDS = {b"mif1", b"msf1"}
# That of Canon's RAW files.
_CANON_RAW_BRAND = b"crx "
# Bytes of text in which the first element of an SVG or HTML file is sought. Larger: longer comments
# before it are skipped.
_MARKUP_BYTES = 1024


def describe_unreadable_file(data: bytes) -> str:
    """Returns what kind of file this is and what to send instead; empty if it is not recognized.

    data: the bytes of a file that is no readable picture.
    """
    return (
        next((text for at, start, text in _SIGNATURES if data.startswith(start, at)), "")
        or _describe_media_file(find_brands(data))
        or _describe_markup(data[:_MARKUP_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower())
    )


def find_brands(data: bytes) -> tuple[bytes, ...]:
    """Returns the brands of an ISO base media file, the major one first; none of other files.

    data: the bytes of the file, whose first box lists the brands.
    """
    if data[4:8] != b"ftyp":
        return ()
    # The box starts with its length. The minor version after the major brand is skipped.
    box = data[8 : min(int.from_bytes(data[:4]), _MARKUP_BYTES)]
    return (data[8:12], *(box[at : at + 4] for at in range(8, len(box) - 3, 4)))


def is_heif_file(data: bytes) -> bool:
    """Whether the bytes of a file start as HEIF whose pictures are not coded with AV1."""
    brands = find_brands(data)
    coded = [brand for brand in brands if brand in _HEVC_BRANDS | _AV1_BRANDS]
    return coded[0] in _HEVC_BRANDS if coded else bool(brands) and brands[0] in _PICTURE_BRANDS


def _describe_media_file(brands: tuple[bytes, ...]) -> str:
    """Returns what an unreadable ISO base media file with these brands is; empty without any."""
    if _CANON_RAW_BRAND in brands:
        return CAMERA_RAW
    if _AV1_BRANDS & set(brands):
        return f"starts as an AVIF file, but {_SEND_AGAIN}"
    return f"is a video; {_FRAME}" if brands else ""


def _describe_markup(text: bytes) -> str:
    """Returns what a file whose text starts so, in lower case, is; empty if it is no markup."""
    if text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text:
        return f"is an SVG drawing; {_EXPORT}"
    if text.startswith((b"<!doctype html", b"<html")):
        return f"is a web page; {_SAVE_PICTURE}"
    return ""
