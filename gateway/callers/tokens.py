"""Tokens: what a caller shows, and the hash that is all the gateway keeps of it.

A token is 256 random bits, so one round of SHA-256 protects it as well as a slow hash would: there
is nothing to guess. Slow hashes are for passwords, which people choose.
"""

import hashlib
import secrets

# Says what it is to people and to scanners that look for secrets in files.
PREFIX = "cyc_"
RANDOM_BYTES = 32


def new_token() -> str:
    """A token that nobody has seen yet."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def hash_of(token: str) -> str:
    """SHA-256 of a token, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
