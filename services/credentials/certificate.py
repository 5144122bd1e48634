"""Reads the certificate that ads are signed with, and checks it against keys and signatures."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from services.runtime.errors import CredentialsNotUsable

# The signature algorithm of C2PA (section 13.2.1) for keys on each curve, and its hash.
CURVES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("es256", hashes.SHA256()),
    "secp384r1": ("es384", hashes.SHA384()),
    "secp521r1": ("es512", hashes.SHA512()),
}
RSA_ALGORITHM, EDWARDS_ALGORITHM = "ps256", "ed25519"
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate with those that lead from it to its authority.

    pem: all of them, its own first. algorithm: that of C2PA, such as "es256".
    """

    pem: str
    leaf: x509.Certificate
    public_key: PublicKey
    algorithm: str

    @property
    def subject(self) -> str:
        """The common name of its owner, or else the whole name."""
        names = self.leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(names[0].value) if names else self.leaf.subject.rfc4514_string()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in hexadecimal."""
        return self.leaf.fingerprint(hashes.SHA256()).hex()

    def check_dates(self) -> None:
        """Raises CredentialsNotUsable outside of the time for which it is valid."""
        now = datetime.now(UTC)
        if now > self.leaf.not_valid_after_utc:
            day = f"{self.leaf.not_valid_after_utc:%Y-%m-%d}"
            raise CredentialsNotUsable(f"the certificate expired on {day}; have it renewed")
        if now < self.leaf.not_valid_before_utc:
            start = f"{self.leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
            raise CredentialsNotUsable(f"the certificate is valid from {start}; check the clock")

    @property
    def is_valid_now(self) -> bool:
        """Whether this is within the time for which it is valid."""
        start, end = self.leaf.not_valid_before_utc, self.leaf.not_valid_after_utc
        return start <= datetime.now(UTC) <= end

    def create_similar_key(self) -> bytes:
        """Returns a new private key of the same kind, in PEM, which belongs to no certificate."""
        key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
        match self.public_key:
            case ec.EllipticCurvePublicKey() as own:
                key = ec.generate_private_key(own.curve)
            case ed25519.Ed25519PublicKey():
                key = ed25519.Ed25519PrivateKey.generate()
            case rsa.RSAPublicKey() as own:
                key = rsa.generate_private_key(65537, own.key_size)
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def is_signature_valid(self, signature: bytes, data: bytes) -> bool:
        """Returns whether its key made a signature, in the encoding of COSE (RFC 9053)."""
        try:
            match self.public_key:
                case ec.EllipticCurvePublicKey() as key:
                    half = len(signature) // 2
                    numbers = (
                        int.from_bytes(part, "big") for part in (signature[:half], signature[half:])
                    )
                    algorithm = ec.ECDSA(CURVES[key.curve.name][1])
                    key.verify(encode_dss_signature(*numbers), data, algorithm)
                case ed25519.Ed25519PublicKey() as key:
                    key.verify(signature, data)
                case rsa.RSAPublicKey() as key:
                    key.verify(signature, data, PSS, hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    @property
    def signature_bytes(self) -> int:
        """The length of its signatures in the encoding of COSE."""
        match self.public_key:
            case ec.EllipticCurvePublicKey() as key:
                return 2 * -(-key.curve.key_size // 8)
            case rsa.RSAPublicKey() as key:
                return key.key_size // 8
        return 64  # of Ed25519 (RFC 8032)


def read_certificate(path: Path) -> SigningCertificate:
    """Reads a PEM file with a certificate and those that lead to its authority.

    Raises CredentialsNotUsable if it cannot be read or has a key of an unsupported kind.
    """
    try:
        text = path.read_text()
        leaf = x509.load_pem_x509_certificates(text.encode())[0]
        key = leaf.public_key()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no PEM file of a certificate"
        raise CredentialsNotUsable(f"{path} cannot be read: {reason}") from None
    match key:
        case ec.EllipticCurvePublicKey() if key.curve.name in CURVES:
            return SigningCertificate(text, leaf, key, CURVES[key.curve.name][0])
        case ed25519.Ed25519PublicKey():
            return SigningCertificate(text, leaf, key, EDWARDS_ALGORITHM)
        case rsa.RSAPublicKey():
            return SigningCertificate(text, leaf, key, RSA_ALGORITHM)
    kinds = "P-256, P-384, P-521, Ed25519 or RSA"
    raise CredentialsNotUsable(f"{path} has a key of another kind than {kinds}")


def read_private_key(path: Path, certificate: SigningCertificate) -> bytes:
    """Reads the PEM file of a certificate's private key; returns it in PEM, as PKCS#8.

    Raises CredentialsNotUsable if it cannot be read, has a password or belongs to another
    certificate. No error contains any of the key.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except TypeError:
        raise CredentialsNotUsable(f"{path} has a password; store the key without one") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no PEM file of a private key"
        raise CredentialsNotUsable(f"{path} cannot be read: {reason}") from None
    if key.public_key() != certificate.public_key:
        raise CredentialsNotUsable(f"{path} is the key of another certificate")
    # OpenSSL writes other forms too (SEC 1, PKCS#1), which the library does not read.
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
