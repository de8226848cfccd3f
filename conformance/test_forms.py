"""How the body of a request is read: as a form, by the rules of its encoding."""

import pytest

from conformance.harness.arrange import EXAMPLE, kept, updated
from conformance.harness.checks import accepted, shows, shows_form
from conformance.harness.marks import effort, requirement
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi

LATER = effort("ci")
ENCODINGS = {
    "several at once": (b"+%2B%26DefaultTtl%3D7%2541=%20x", " +&DefaultTtl=7%41= x"),
    "a plus sign is a blank": (b"+", " "),
    "%2B is a plus sign": (b"%2B", "+"),
    "%26 and %3D are no separators": (b"%26DefaultTtl%3D7", "&DefaultTtl=7"),
    "%25 is a percent sign": (b"%2541", "%41"),
    "an equals sign after the first is text": (b"=x", "=x"),
    "a semicolon is text": (b"%3Bx", ";x"),
    "%20 is a blank": (b"%20x", " x"),
    "lower-case escapes": (b"%c3%a9", "\u00e9"),
    "letters may be escaped": (b"%78", "x"),
}
KEYS = {
    "letters may be escaped": b"Unique%4Eame",
    "several at once": b"CallbackUrl=https%3A%2F%2Fexample.com%2Fcallback&UniqueName",
}
"""What comes before the value of some: a key that is escaped, a key that is not the first."""


@requirement("CREATE-19")
@pytest.mark.parametrize(
    "encoding", [pytest.param(one, marks=LATER if at else ()) for at, one in enumerate(ENCODINGS)]
)
def test_forms_are_decoded(new_api: NewApi, encoding: str) -> None:
    """As application/x-www-form-urlencoded, in UTF-8."""
    api = new_api()
    name, (sent, meant) = api.name(), ENCODINGS[encoding]

    body = b"%s=%s%sx" % (KEYS.get(encoding, b"UniqueName"), name.encode(), sent)

    fetched = kept(api, body, name=f"{name}{meant}x")

    expect(fetched, accepted(), shows(unique_name=f"{name}{meant}x", default_ttl=0))


@requirement("CREATE-19")
@LATER
def test_forms_of_updates_are_decoded(new_api: NewApi) -> None:
    """As those of creates are."""
    api = new_api()
    sid, name = api.given()["sid"], api.name()
    sent, meant = ENCODINGS["several at once"]
    form = {"UniqueName": f"{name}{meant}x", "CallbackUrl": f"{EXAMPLE}?a=b=c"}

    body = b"UniqueName=%s%sx&CallbackUrl=%s" % (name.encode(), sent, form["CallbackUrl"].encode())

    fetched = updated(api, sid, body)

    expect(fetched, accepted(), shows_form(form))
