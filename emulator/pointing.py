"""How to point a client at the emulator: lines for a shell, so that `eval` takes them as they are.

Without `--tls` a client needs its base URL changed, in one line of code. With it, environment
variables are enough: the client believes that it talks to the API's host.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator.access import Credential
from emulator.authority import API_HOST, PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an emulator listens, for whom, and where its authority is if it speaks TLS."""

    url: str
    account: Credential
    tls_folder: Path | None = None

    @property
    def certificate(self) -> str:
        """The file that clients are told to trust, quoted for a shell."""
        return shlex.quote(str((self.tls_folder or Path()).absolute() / PUBLIC))


def credentials(account: Credential, infix: str = "") -> list[str]:
    """Return the lines that say who calls; every client of the vendor's reads these names."""
    return [
        f"export TWILIO_{infix}ACCOUNT_SID={shlex.quote(account.user)}",
        f"export TWILIO_{infix}AUTH_TOKEN={shlex.quote(account.password)}",
    ]


_NO_EDGE = "unset TWILIO_EDGE TWILIO_REGION  # they would be spliced into the host"


def _python(place: Place) -> list[str]:
    lines = [*credentials(place.account), _NO_EDGE]
    if place.tls_folder is not None:
        return [*lines, *_for_python(place)]
    return [
        *lines,
        "# and in Python:",
        "#   from twilio.rest import Client",
        "#   client = Client()",
        f'#   client.proxy.base_url = "{place.url}"',
    ]


def _node(place: Place) -> list[str]:
    lines = [*credentials(place.account), _NO_EDGE]
    if place.tls_folder is not None:
        return [*lines, *_for_node(place)]
    return [
        *lines,
        "# and in JavaScript:",
        '#   const client = require("twilio")();',
        f'#   client.proxy.baseUrl = "{place.url}";',
    ]


def _cli(place: Place) -> list[str]:
    lines = [*credentials(place.account), _NO_EDGE]
    if place.tls_folder is None:
        return [
            *lines,
            "# twilio-cli takes no base URL: start the emulator with --tls, and ask again",
        ]
    return [*lines, *_for_node(place), "# then: twilio api:proxy:v1:services:list"]


def _curl(place: Place) -> list[str]:
    user = '-u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"'
    lines = credentials(place.account)
    if place.tls_folder is None:
        return [*lines, f"# then: curl {user} {place.url}/v1/Services"]
    way = f"-x {place.url} --cacert {place.certificate}"
    return [*lines, f"# then: curl {way} {user} https://{API_HOST}/v1/Services"]


def _for_python(place: Place) -> list[str]:
    return [
        f"export HTTPS_PROXY={place.url}",
        f"export REQUESTS_CA_BUNDLE={place.certificate}",
    ]


def _for_node(place: Place) -> list[str]:
    """Name the proxy as twilio-node and twilio-cli read it: in `HTTP_PROXY`, in upper case."""
    return [
        f"export HTTP_PROXY={place.url}",
        f"export NODE_EXTRA_CA_CERTS={place.certificate}",
    ]


def announced(place: Place) -> list[str]:
    """Return the lines that point every client at an emulator with TLS, by environment alone."""
    return [] if place.tls_folder is None else [*_for_python(place), *_for_node(place)]


CLIENTS: Mapping[str, Callable[[Place], list[str]]] = {
    "python": _python,
    "node": _node,
    "cli": _cli,
    "curl": _curl,
}
