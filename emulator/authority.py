"""Where the emulator's certificate authority is kept, and TLS as the API's host would speak it.

The authority is made on the first start in a folder. Its key is readable by its owner alone and
leaves the folder never; `ca.pem`, which clients are told to trust, holds no key.
"""

import os
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.certificates import Pair

API_HOST = "proxy.twilio.com"
SECRET = "authority.key"  # noqa: S105 - the name of a file
PUBLIC = "ca.pem"


@dataclass(slots=True, eq=False)
class NoAuthority(Exception):
    """There is no certificate authority, in words."""

    why: str

    def __str__(self) -> str:
        return self.why


def default_folder() -> Path:
    """Return where the authority is kept, unless the user names a folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "proxy-emulator"


def context_of(folder: Path) -> ssl.SSLContext:
    """Return what ends TLS in the place of the API's host."""
    try:
        from emulator.certificates import leaf  # noqa: PLC0415 - optional, and slow to import

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signer = _authority(folder)
        return _context(leaf(signer, API_HOST), folder)
    except ImportError:
        raise NoAuthority(
            "--tls needs the package `cryptography`: pip install '.[tls]', and try again"
        ) from (None)
    except (OSError, ValueError) as error:
        raise NoAuthority(
            f"cannot keep a certificate authority in {folder}: {error}; "
            f"name another folder by --tls-dir, or delete {SECRET} there"
        ) from error


def _authority(folder: Path) -> "Pair":
    """Read the authority, or make it; of two that make it at once, both take the first one's."""
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 - for TLS alone

    from emulator.certificates import authority, read  # noqa: PLC0415 - optional

    path = folder / SECRET
    known = read(path.read_bytes()) if path.exists() else None
    if known is None or not known.is_fresh:
        if known is not None:
            path.unlink(missing_ok=True)
        with NamedTemporaryFile(dir=folder) as file:
            file.write(authority(API_HOST).secret)
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
        known = read(path.read_bytes())
    if not (folder / PUBLIC).exists() or (folder / PUBLIC).read_bytes() != known.public:
        (folder / PUBLIC).write_bytes(known.public)
    return known


def _context(shown: "Pair", folder: Path) -> ssl.SSLContext:
    """Return a server's context; the key is on the disk for as long as it takes to read it."""
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 - for TLS alone

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile(dir=folder) as file:
        file.write(shown.secret)
        file.flush()
        context.load_cert_chain(file.name)
    context.set_alpn_protocols(["http/1.1"])
    return context
