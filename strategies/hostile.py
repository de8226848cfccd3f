"""Input that may be accepted or refused, but never breaks a target: no answer to it is a 5xx.

Values are percent-encoded already and are sent as they are: in a path, or after `Name=` in a form.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

VERY_LONG: Final = 10_000
"""Characters of a long value; in a path, more than some servers read: they answer 414."""

LARGE: Final = 1 << 17
"""Characters of a large body: no server's limit for forms is as low as that."""

MANY_PARAMETERS: Final = 1000
"""Parameters in one body: as many as frameworks that set a limit commonly allow."""

DEEP: Final = 500
"""Brackets in one key, for readers that nest what is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile(Generic[T]):
    """Input that a target has to survive, and what is hostile in it."""

    value: T
    reason: str


_TEXTS: Final = (
    ("a NUL", "%00"),
    ("a NUL inside", "a%00b"),
    ("a lone high surrogate", "%ED%A0%80"),
    ("a lone low surrogate", "%ED%BF%BF"),
    ("a surrogate pair in UTF-8", "%ED%A0%BD%ED%B8%80"),
    ("a byte that UTF-8 never has", "%FF"),
    ("a sequence cut short", "%C3"),
    ("a sequence with a wrong second byte", "%C3%28"),
    ("an overlong slash", "%C0%AF"),
    ("an overlong NUL", "%C0%80"),
    ("beyond the last plane", "%F4%90%80%80"),
    ("a noncharacter", "%EF%BF%BF"),
    ("a byte order mark", "%EF%BB%BF"),
    ("right-to-left override", "%E2%80%AEtxt"),
    ("control characters", "%01%08%1B%7F%C2%85"),
    ("line breaks", "a%0D%0AX-Injected:%201"),
    ("blanks only", "%20%09%C2%A0%E3%80%80"),
    ("path traversal", "..%2F..%2F..%2Fetc%2Fpasswd"),
    ("path traversal, encoded twice", "%252e%252e%252f"),
    ("path traversal with backslashes", "..%5C..%5Cwin.ini"),
    ("a slash", "a%2Fb"),
    ("a question mark and a hash", "a%3Fb%23c"),
    ("single quotes, SQL", "%27%20OR%20%271%27%3D%271"),
    ("double quotes, JSON", "%22%2C%22sid%22%3A%22x%22%7D"),
    ("an operator of a document store", "%7B%22%24gt%22%3A%22%22%7D"),
    ("a template", "%7B%7B7*7%7D%7D%24%7B7*7%7D%3C%25%3D7*7%25%3E"),
    ("a lookup", "%24%7Benv%3APATH%7D"),
    ("a format directive", "%25s%25n%25d%7B0%7D"),
    ("markup", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
    ("a command", "%60id%60%3Bid%7Cid"),
    ("many combining marks", f"Z{'%CC%81' * 200}"),
    ("10000 characters long", "a" * VERY_LONG),
)

HOSTILE_TEXTS: Final = tuple(Hostile(value=value, reason=reason) for reason, value in _TEXTS)
"""One value of a parameter for each reason, percent-encoded."""

HOSTILE_URLS: Final = tuple(
    Hostile(value=value, reason=reason)
    for reason, value in (
        ("a bracket that is not closed", "http%3A%2F%2F%5B%3A%3A1%2F"),
        ("a port out of bounds", "http%3A%2F%2Fexample.com%3A99999%2F"),
        ("a port that is no number", "http%3A%2F%2Fexample.com%3Ax%2F"),
        ("a scheme alone", "http%3A%2F%2F"),
        ("a host beyond ASCII", "https%3A%2F%2Fb%C3%BCcher.example.com%2F"),
        ("a path beyond ASCII", "https%3A%2F%2Fexample.com%2F%F0%9F%98%80"),
        ("a percent sign alone", "https%3A%2F%2Fexample.com%2F%25"),
    )
)
"""One callback URL for each reason, percent-encoded."""

HOSTILE_PATH_SEGMENTS: Final = (
    *HOSTILE_TEXTS,
    Hostile(value="%2e%2e", reason="the folder above"),
    Hostile(value="%2F%2F", reason="slashes alone"),
    Hostile(value="KS%00", reason="a prefix and a NUL"),
    Hostile(value="KS%", reason="a prefix and a percent sign alone"),
    Hostile(value="KS%EF%BC%90", reason="a prefix and a digit that is not ASCII"),
)
"""One segment of a path for each reason, percent-encoded."""


def hostile_texts() -> st.SearchStrategy[Hostile[str]]:
    """Generate values for a form: those of `HOSTILE_TEXTS`, and any bytes, percent-encoded.

    Shrinks to "%00".
    """
    return st.sampled_from(HOSTILE_TEXTS) | _any_bytes()


def hostile_path_segments() -> st.SearchStrategy[Hostile[str]]:
    """Generate single segments of a path: `HOSTILE_PATH_SEGMENTS`, and any bytes, percent-encoded.

    Shrinks to "%00".
    """
    return st.sampled_from(HOSTILE_PATH_SEGMENTS) | _any_bytes()


def one_of_each_hostile_form_body(name: str) -> tuple[Hostile[bytes], ...]:
    """Return one body for each reason.

    Wherever a body could be taken for that of a Service, the name of that Service starts with the
    given one, which is a token of the run: letters, digits and hyphens.
    """
    own = name.encode("ascii")
    named = b"UniqueName=" + own
    return tuple(
        Hostile(value=value, reason=reason)
        for reason, value in (
            ("separators only", b"&&&"),
            ("an empty key", b"=" + own),
            ("a key without equals sign", b"UniqueName"),
            ("equals signs only", b"===="),
            ("a repeated key", named + b"&UniqueName=" + own + b"-2"),
            ("a repeated key, once empty", named + b"&UniqueName="),
            ("the same key in another letter case", named + b"&uniquename=" + own + b"-2"),
            ("a key with brackets", b"UniqueName[]=" + own),
            ("a key used as text and as a map", named + b"&UniqueName[a]=" + own),
            ("a key with deep brackets", named + b"&a" + b"[a]" * DEEP + b"=1"),
            (
                "1000 parameters",
                named + b"".join(map(b"&p%d=1".__mod__, range(MANY_PARAMETERS - 1))),
            ),
            ("a percent sign at the end", named + b"%"),
            ("a percent sign and no digits", named + b"%zz"),
            ("a percent escape cut short", named + b"%4"),
            ("bytes that are not UTF-8", named + b"\xff\xfe\xc3\x28"),
            ("a raw NUL", named + b"\x00"),
            ("raw line breaks", named + b"\r\n\r\n&DefaultTtl=1"),
            ("UTF-16", b"\xff\xfe" + f"UniqueName={name}".encode("utf-16-le")),
            ("a byte order mark before the key", b"\xef\xbb\xbf" + named),
            ("semicolons for separators", named + b";DefaultTtl=1"),
            ("JSON", b'{"UniqueName":"' + own + b'"}'),
            ("XML", b"<Service><UniqueName>" + own + b"</UniqueName></Service>"),
            ("a key 10000 characters long", named + b"&" + b"a" * VERY_LONG + b"=1"),
            ("10000 separators", named + b"&" * VERY_LONG),
            ("a value of 128 KiB", named + b"&a=" + b"a" * LARGE),
            (
                "everything at once",
                named
                + b"%zz%&=x&&a[]=1&a[b]=2&DefaultTtl=1&DefaultTtl=2&b=\xff\x00%ff%ED%A0%80%4\r\n{",
            ),
        )
    )


def hostile_form_bodies(*, names: st.SearchStrategy[str]) -> st.SearchStrategy[Hostile[bytes]]:
    """Generate bodies of `one_of_each_hostile_form_body`, with any bytes after the name at times.

    The names are tokens of the run, since a target may well accept a body and create a Service.

    Shrinks to "&&&".
    """
    return names.flatmap(
        lambda name: (
            st.sampled_from(one_of_each_hostile_form_body(name))
            | st.binary(min_size=1, max_size=40).map(
                lambda junk: Hostile(
                    value=b"UniqueName=" + name.encode("ascii") + junk,
                    reason="any bytes after the name",
                )
            )
        )
    )


def _any_bytes() -> st.SearchStrategy[Hostile[str]]:
    return st.binary(min_size=1, max_size=40).map(
        lambda junk: Hostile(value="".join(map("%{:02X}".format, junk)), reason="any bytes")
    )
