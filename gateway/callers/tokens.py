"""Generates and hashes tokens; the gateway stores only the hashes.

A token has 256 random bits and cannot be guessed, so one round of SHA-256 protects it as well as
a slow hash. Slow hashes are for passwords, which people choose.
"""

import hashlib
import secrets

# Tells people and secret scanners what the token is.
PREFIX = "cyc_"
# As many bits as the stored hash has; more would not make a token harder to find.
RANDOM_BYTES = 32


def generate_token() -> str:
    """Generates a random token."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def hash_token(token: str) -> str:
    """Returns the SHA-256 of a token in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()
