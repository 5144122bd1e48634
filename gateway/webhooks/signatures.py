"""Signs webhooks as Standard Webhooks 1.0 specifies: HMAC-SHA256 with secrets `whsec_...`."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
# Bytes of a secret, as the specification limits them.
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64


def decode_secret(secret: str) -> bytes:
    """Returns the key of a secret, `whsec_` and base64; raises ValueError without repeating it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(
            f"a secret is no {PREFIX} with {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes in base64"
        )
    return key


def build_signature_headers(
    message_id: str, payload: bytes, keys: Sequence[bytes], timestamp: int
) -> dict[str, str]:
    """Returns the headers that identify and sign a payload, with one signature for each key.

    message_id: of the event, the same in every attempt. payload: body of the request. keys: of the
    secrets that are active. timestamp: of the attempt, in Unix seconds.
    """
    signed = f"{message_id}.{timestamp}.".encode() + payload
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(digest).decode()}" for digest in digests
        ),
    }
