"""Keys and certificates: an authority of the emulator's own, and the API's host under it.

The authority could vouch for nothing but the API's host and this machine: its certificate says so
itself (RFC 5280, name constraints), so that trusting it opens nothing else.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

TEN_YEARS = timedelta(days=3650)
A_YEAR = timedelta(days=365)
"""Clients refuse certificates of a host that last much longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A private key, and the certificate of its public half."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def public(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def secret(self) -> bytes:
        """The key, and the certificate."""
        return self.public + self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )

    @property
    def is_fresh(self) -> bool:
        """Whether it lasts as long as what it signs."""
        return self.certificate.not_valid_after_utc > _now() + A_YEAR


def read(secret: bytes) -> Pair:
    """Read what `Pair.secret` wrote; what is none is a `ValueError`."""
    key = load_pem_private_key(secret, password=None)
    certificate = x509.load_pem_x509_certificate(secret)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return Pair(key=key, certificate=certificate)
    raise ValueError("the key is of another kind")


def authority(host: str) -> Pair:
    """Make an authority for one host, and for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("proxy-emulator (local tests only)")
    permitted = [
        x509.DNSName(host),
        x509.DNSName("localhost"),
        x509.IPAddress(IPv4Network("127.0.0.0/8")),
    ]
    constraints = x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None)
    builder = (
        _begun(key, name, name, TEN_YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return Pair(key=key, certificate=builder.sign(key, SHA256()))


def leaf(signer: Pair, host: str) -> Pair:
    """Make what a server of the host shows its clients."""
    key = ec.generate_private_key(ec.SECP256R1())
    here = x509.IPAddress(IPv4Address("127.0.0.1"))
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.DNSName("localhost"), here])
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())
    builder = (
        _begun(key, _name(host), signer.certificate.subject, A_YEAR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .add_extension(server, critical=False)
        .add_extension(issuer, critical=False)
        .add_extension(_usage(signs=False), critical=True)
    )
    return Pair(key=key, certificate=builder.sign(signer.key, SHA256()))


def _begun(
    key: ec.EllipticCurvePrivateKey, subject: x509.Name, issuer: x509.Name, lasting: timedelta
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - timedelta(days=1))
        .not_valid_after(_now() + lasting)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - what clients check it against is the real time
