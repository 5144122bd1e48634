"""Opens the C2PA library so that it makes no thumbnails and fetches nothing from the network."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import c2pa

# What the library would add or do otherwise: thumbnails of 0.3 to 2.1 MB, a second verification
# of every file, and requests to whatever server a file names.
SETTINGS: Mapping[str, Any] = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": [], "allow_redirects": False},
}


# Few: those of the trust list before and after it changed, and none.
@lru_cache(maxsize=4)
def open_context(anchors: str = "") -> c2pa.Context:
    """Returns a context of the library, which threads share.

    anchors: PEM text of the certificate authorities that are trusted; empty for none.
    """
    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    return c2pa.Context.from_dict({**SETTINGS, **trust})
