"""The emulator as a proxy: which tunnels open, what they show, and where its key is."""

import re
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from emulator.authority import NoAuthority, context_of
from tests.emulator.client import FIRST
from tests.emulator.process import Running, finished, running

pytest.importorskip("cryptography", reason="the emulator's TLS needs it")

HOST = "proxy.twilio.com"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls") / "a" / "b"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    with running("--tls", "--tls-dir", str(folder), credentials=8) as one:
        yield one


def spoken(server: Running, *parts: bytes) -> bytes:
    """Send bytes as they are, and read to the end."""
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_it_names_its_proxy_and_its_certificate(server: Running, folder: Path) -> None:
    assert server.exports["HTTPS_PROXY"] == server.exports["HTTP_PROXY"] == server.url
    certificate = str(folder / "ca.pem")
    assert server.exports["REQUESTS_CA_BUNDLE"] == certificate
    assert server.exports["NODE_EXTRA_CA_CERTS"] == certificate


def test_inside_the_tunnel_is_the_api_as_its_host_would_name_it(server: Running) -> None:
    context = ssl.create_default_context(cafile=server.exports["REQUESTS_CA_BUNDLE"])
    auth = (FIRST.user, FIRST.password)
    with httpx.Client(proxy=server.url, verify=context, auth=auth, trust_env=False) as client:
        answer = client.get(f"https://{HOST}/v1/Services")
        assert answer.status_code == 200
        assert answer.json()["meta"]["url"].startswith(f"https://{HOST}/v1/Services?")
        name = "x" * 191
        url = "https://example.com/" + "y" * 3000
        made = client.post(f"https://{HOST}/v1/Services", data={"UniqueName": name})
        client.post(made.json()["url"], data={"CallbackUrl": url})
        assert client.get(made.json()["url"]).json()["callback_url"] == url
    with server.client() as plain:
        assert plain.get("/v1/Services").json()["services"][0]["unique_name"] == name


def test_an_authority_of_somebody_else_is_not_trusted(server: Running, tmp_path: Path) -> None:
    context_of(tmp_path)
    context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    with (
        httpx.Client(proxy=server.url, verify=context, trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        client.get(f"https://{HOST}/v1/Services")


@pytest.mark.parametrize(
    "target",
    ["api.twilio.com:443", "example.com:443", f"{HOST}:80", HOST, f"x{HOST}:443", "", "[::1]:443"],
)
def test_every_other_destination_is_refused(server: Running, target: str) -> None:
    answer = spoken(server, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b'"code": 20403' in answer
    assert f"{target} is not".encode() in answer


@pytest.mark.parametrize("target", [HOST, HOST.upper()])
def test_a_tunnel_opens_however_its_request_arrives(server: Running, target: str) -> None:
    request = f"CONNECT {target}:443 HTTP/1.1\r\nHost: {target}:443\r\n\r\n".encode()
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        for byte in request:
            connection.sendall(bytes([byte]))
        assert connection.recv(65536) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        connection.sendall(b"no handshake\r\n\r\n")
        assert b"HTTP" not in b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_request_without_an_end_is_cut(server: Running) -> None:
    assert spoken(server, b"CONNECT ", b"x" * 40_000) == b""


def test_what_starts_alike_is_still_http(server: Running) -> None:
    answer = spoken(server, b"CO", b"PY / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_without_tls_no_tunnel_opens() -> None:
    with running() as server:
        answer = spoken(
            server, f"CONNECT {HOST}:443 HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
        )
    assert re.match(rb"HTTP/1.1 4\d\d ", answer)


def test_the_key_stays_its_owners(server: Running, folder: Path) -> None:
    assert server.url
    assert sorted(path.name for path in folder.iterdir()) == ["authority.key", "ca.pem"]
    assert stat.S_IMODE((folder / "authority.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in (folder / "ca.pem").read_bytes()


def test_the_authority_is_made_once_and_vouches_for_nobody_else(tmp_path: Path) -> None:
    x509 = pytest.importorskip("cryptography.x509")
    context_of(tmp_path)
    first = (tmp_path / "ca.pem").read_bytes()
    (tmp_path / "ca.pem").unlink()
    context_of(tmp_path)
    assert (tmp_path / "ca.pem").read_bytes() == first
    constraints = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(
        x509.NameConstraints
    )
    assert constraints.critical
    names = [str(name.value) for name in constraints.value.permitted_subtrees or ()]
    assert names == [HOST, "localhost", "127.0.0.0/8"]


def test_a_folder_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "authority.key").write_bytes(b"no key")
    with pytest.raises(NoAuthority, match="cannot keep a certificate authority in"):
        context_of(tmp_path)
    ended = finished("--port", "0", "--tls-dir", str(tmp_path))
    assert ended.returncode == 1
    assert "delete authority.key there" in ended.stderr
    assert ended.stderr.count("\n") == 1
