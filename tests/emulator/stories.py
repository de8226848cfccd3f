"""What several clients do to an emulator, told the same way to the byte each time.

An alteration changes at least one of the stories. Clock and sids are handed in, so that whatever
differs between two tellings is the alteration's doing.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any

from emulator.access import Credential
from tests.emulator.client import FIRST, FORM, SECOND, Answer, Client
from tests.emulator.teller import UNKNOWN, Teller, encoded, sid_of

URL = "https://Example.com:8443/A/b%20c/?z=1&a=%2F#Part"
FULL = {
    "DefaultTtl": "3661",
    "CallbackUrl": URL,
    "GeoMatchLevel": "overlay",
    "NumberSelectionBehavior": "avoid-sticky",
    "InterceptCallbackUrl": "http://user:secret@[2001:db8::1]/x",
    "OutOfSessionCallbackUrl": "https://example.com/out/",
    "ChatInstanceSid": "IS" + "aB" * 16,
}


def lives(teller: Teller) -> None:
    plain = teller.create("plain")
    full = teller.create_with({"UniqueName": "full", **FULL})
    third = teller.create("third", GeoMatchLevel="radius", CallbackUrl="https://example.com")
    for sid in (plain, full, third):
        teller.fetch(sid)
    teller.listed()
    for name, value in FULL.items():
        teller.update_with(third, {name: value})
        teller.fetch(third)
    teller.update_with(plain, FULL)
    teller.update(plain, UniqueName="renamed", DefaultTtl="5")
    teller.fetch(plain)
    teller.create("plain")
    teller.update(full, DefaultTtl="0", GeoMatchLevel="country")
    teller.update(full, DefaultTtl="0", NumberSelectionBehavior="prefer-sticky")
    for name in FULL:
        teller.update_with(full, {name: ""})
        teller.fetch(full)
    teller.update(full)
    teller.update(full, UniqueName="full")
    teller.listed()
    teller.delete(third)
    teller.fetch(third)
    teller.listed()
    teller.update(third, DefaultTtl="9")
    teller.fetch(third)
    teller.delete(third)
    teller.create("third")
    teller.listed()
    teller.delete(plain)
    teller.listed()


def ttls_and_enums(teller: Teller) -> None:
    sid = teller.create("kept", DefaultTtl="60")
    ttls = "0 1 59 2147483646 16777217 86401 2147483648 99999999999999999999999 -1 +1 x 1.5 60s ٣"
    for number, ttl in enumerate(["", " ", *ttls.split()]):
        teller.create(f"ttl {number}", DefaultTtl=ttl)
        teller.fetch(sid_of(teller.update(sid, DefaultTtl=ttl)))
    levels = ("area-code", "overlay", "radius", "country", "extended-area-code", "planet", "")
    for level in levels:
        teller.create(f"geo {level}", GeoMatchLevel=level)
        teller.update(sid, GeoMatchLevel=level)
        teller.listed()
    for value in ("avoid-sticky", "prefer-sticky", "sticky", ""):
        teller.create(f"selection {value}", NumberSelectionBehavior=value)
        teller.update(sid, NumberSelectionBehavior=value)
    chats = ["IS" + "0" * 31, "IS" + "0" * 33, "KS" + "0" * 32, "IS" + "g" * 32, "x", ""]
    chats += [
        "xIS" + "aF" * 16,
        "IS" + "٣" * 32,
        "IS" + "aF" * 16,
        "IS" + "aF" * 16,
        "IS" + "aF" * 16 + "\n",
    ]
    for number, chat in enumerate(chats):
        teller.create(f"chat {number}", ChatInstanceSid=chat)
        teller.update(sid, ChatInstanceSid=chat)
    teller.listed()


def urls(teller: Teller) -> None:
    sid = teller.create("kept", CallbackUrl=URL, InterceptCallbackUrl=URL)
    samples = [
        "http://a",
        "https://example.com/?a=1&b=2",
        "https://example.com/#x",
        "https://example.com/".ljust(256, "x"),
        "https://example.com/".ljust(2049, "x"),
        "https://example.com/".ljust(4000, "x"),
        "https://example.com/".ljust(4001, "x"),
        "https://example.com/".ljust(3998, "x") + "%20",
        "https://example.com/".ljust(4002, "x"),
        "https://proxy.twilio.com/v1",
        "ftp://example.com/",
        "https://[::1]/",
        "https://exämple.com/é",
        "/relative",
        "x",
        "",
    ]
    for number, url in enumerate(samples):
        for name in ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl"):
            teller.create_with({"UniqueName": f"{name} {number}", name: url})
            teller.update_with(sid, {name: url})
    teller.fetch(sid)


def names(teller: Teller) -> None:
    sid = teller.create("kept")
    samples = [
        *(letter * length for letter in "xé😀" for length in (1, 65, 96, 190, 191, 192, 193)),
        *("x" * 190 + end for end in "ab"),
        *("x" * 256, "x" * 6000, "y" * 70, "y" * 71),
        *(
            "x" * 191 + " ",
            "\ufeffx",
            "a\r\nb",
            "\u201cx\u201d",
            "a&b",
            "a;b",
            "a=b",
            "a#b",
            "a+b",
            "a%2Bb",
            "a b",
            "a  b",
            " a ",
            "a ",
            "   ",
        ),
        *("<a>&'\"", "a\\b", "a\0b", "a\tb", "e\u0301", "é", "ﬁ", "fi", "A", "a", "\uff21", "ß"),
        *("👨\u200d👩", "😁", "😂", "7", "007", "true", "null", "", "あ"),
    ]
    for name in samples:
        teller.create(name)
        teller.update(sid, UniqueName=name)
    teller.listed("PageSize=1000")


def uniqueness(teller: Teller) -> None:
    one, two = teller.create("one two"), teller.create("two")
    accented = teller.create("é" * 101)
    teller.create("one two", DefaultTtl="3")
    teller.update(one, DefaultTtl="4")
    teller.create("one two")
    teller.create("é" * 101)
    teller.create("x" * 101)
    teller.create("x" * 101)
    teller.update(two, UniqueName="one two", DefaultTtl="8")
    teller.fetch(one)
    teller.fetch(two)
    teller.listed()
    teller.update(two, UniqueName="two")
    teller.create("two")
    teller.update(two, UniqueName="three")
    teller.create("two")
    teller.update(two, UniqueName="two")
    teller.create("x" * 190 + "a")
    teller.update(two, UniqueName="x" * 190 + "b")
    teller.delete(accented)
    teller.create("é" * 101)
    teller.create("one two", by=teller.other)
    teller.create("only theirs", by=teller.other)
    teller.create("only theirs")
    teller.delete(one)
    teller.listed()
    teller.listed(by=teller.other)


def refusals(teller: Teller) -> None:
    sid = teller.create("kept", DefaultTtl="5")
    teller.create("taken")
    teller.create("refused", DefaultTtl="5", GeoMatchLevel="planet")
    teller.update(sid, DefaultTtl="6", GeoMatchLevel="planet")
    teller.fetch(sid)
    teller.update(sid, UniqueName="renamed", GeoMatchLevel="planet")
    teller.fetch(sid)
    teller.update(sid, UniqueName="taken", DefaultTtl="7")
    teller.fetch(sid)
    teller.post("/v1/Services")
    teller.post("/v1/Services", UniqueName="")
    teller.post("/v1/Services", Other="x")
    teller.create("with more", Other="x", other="y")
    ends = (sid[:-1] + "0", sid[:-1] + "%FF", sid + "0", sid + "%")
    for path in (UNKNOWN, "KSx", "kept", "%00", sid.upper(), *ends):
        teller.fetch(path)
        teller.update(path, DefaultTtl="1")
        teller.delete(path)
    teller.listed()


def afterwards(teller: Teller) -> None:
    """What an earlier request leaves behind."""
    chat = FULL["ChatInstanceSid"]
    one, mate = (teller.create(name, ChatInstanceSid=chat) for name in ("one", "mate"))
    for ttl in ("1", "2", "planet", "3"):
        teller.update(one, DefaultTtl=ttl)
        teller.fetch(one)
    teller.fetch(mate)
    teller.update(one, Other="x")
    teller.fetch(one)
    teller.update(one, DefaultTtl="4", GeoMatchLevel="planet")
    teller.update(one, NumberSelectionBehavior="avoid-sticky")
    teller.fetch(one)
    for name in ("two", "mate", "one", "two"):
        teller.update(one, UniqueName=name)
    teller.update(one, UniqueName="mate")
    teller.create("two")
    teller.create("refused", DefaultTtl="5", CallbackUrl=URL, GeoMatchLevel="planet")
    teller.create("later", DefaultTtl="6")
    teller.create("latest")
    theirs = teller.create("again", by=teller.other)
    for _ in range(2):
        teller.delete(teller.create("again"))
    teller.create("again", by=teller.other)
    teller.update(theirs, by=teller.other, UniqueName="again")
    teller.listed()
    teller.listed(by=teller.other)


def forms(teller: Teller) -> None:
    sid = teller.create("kept")
    bodies = [
        b"UniqueName=a+b",
        b"UniqueName=a%20c",
        b"UniqueName=%c3%a9&DefaultTtl=5",
        b"UniqueName=%C3%A8&DefaultTtl=5",
        b"UniqueName=d;DefaultTtl=5",
        b"UniqueName=e=f",
        b"UniqueName=g%2541",
        b"UniqueName=h&UniqueName=i",
        b"UniqueName=j&DefaultTtl=1&DefaultTtl=2",
        b"UniqueName=%FF",
        b"UniqueName=%ED%A0%80",
        b"UniqueName=%zz",
        b"UniqueName=k%00",
        b"UniqueName",
        b"=x",
        b"&&&",
        b"\xff\x00",
        b"x" * 200_000,
        b"UniqueName=l&" + b"a=b&" * 200,
        b"UniqueName=m&DefaultTtl=5&GeoMatchLevel=radius&ChatInstanceSid=IS" + b"1" * 32,
        b"",
    ]
    for body in bodies:
        teller.raw("/v1/Services", body)
        teller.raw(f"/v1/Services/{sid}", body)
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", FORM, None):
        teller.raw("/v1/Services", b'{"UniqueName": "x"}', kind)
        teller.raw("/v1/Services", b"UniqueName=typed", kind)
    teller.raw("/v1/Services", b"UniqueName=n", FORM + "; charset=utf-8")
    teller.listed("PageSize=1000")


def lists(teller: Teller) -> None:
    teller.listed()
    for number in range(112):
        ttl = "0" if number % 20 else "60"
        teller.create(f"n{number * 37 % 112:03d}", DefaultTtl=ttl)
    queries = ["", "PageSize=1", "PageSize=2", "PageSize=21", "PageSize=50", "PageSize=100"]
    queries += ["PageSize=101", "PageSize=1000", "Page=1", "PageSize=60&Page=0"]
    for query in queries:
        teller.walk(query)
    bad = ["0", "-1", "1001", "9999999999", "x", ""]
    for query in [
        *(f"PageSize={size}" for size in bad),
        "PageToken=x",
        "PageToken=%C3%A9",
        "Page=-1",
        "Page=x",
    ]:
        teller.listed(query)


def changes(teller: Teller) -> None:
    sids = [teller.create(f"é {number}") for number in range(12)]
    teller.update(sids[3], DefaultTtl="7")
    teller.walk("PageSize=5")
    teller.delete(sids[4])
    teller.walk("PageSize=5")
    for sid in sids:
        teller.fetch(sid)


def access(teller: Teller) -> None:
    mine = teller.create("mine")
    theirs = teller.create("theirs", by=teller.other)
    teller.create("mine", by=teller.other)
    token = FIRST.password
    wrong = [None, "", "Basic !", "Basic w6k6w6k=", "Basic /zr/", "Bearer x.y.z", "Digest x"]
    for user, password in (
        (FIRST.user, "wrong"),
        (FIRST.user, ""),
        (FIRST.user, token.upper()),
        (FIRST.user, token + "0"),
        (FIRST.user, token[:8] + "x" * 24),
        (FIRST.user, SECOND.password),
        (FIRST.user, FIRST.user),
        ("AC" + "9" * 32, "x"),
        ("AC" + "9" * 32, token),
    ):
        wrong.append(Credential(user=user, password=password, account_sid="").header)
    for number, authorization in enumerate(wrong):
        by = Client(teller.client.app, authorization)
        teller.create(f"new {number}", by)
        teller.fetch(mine, by)
        teller.listed(by=by)
        teller.update(mine, by, DefaultTtl=str(number + 1))
        teller.delete(mine, by)
        teller.send("GET", "/nowhere", by=by)
        teller.fetch(mine)
    teller.listed()
    for by, sid in ((teller.other, mine), (teller.client, theirs)):
        teller.fetch(sid, by)
        teller.update(sid, by, DefaultTtl="1")
        teller.listed(by=by)
        teller.delete(sid, by)
    teller.fetch(mine)
    teller.fetch(theirs, by=teller.other)
    teller.delete(teller.create("both", by=teller.other), by=teller.other)
    both = teller.create("both")
    teller.create("both", by=teller.other)
    teller.delete(both)
    teller.listed(by=teller.other)


def methods(teller: Teller) -> None:
    sid = teller.create("kept")
    for method in ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"):
        for path in ("/v1/Services", f"/v1/Services/{sid}"):
            if (method, path) != ("DELETE", f"/v1/Services/{sid}"):
                teller.send(method, path, b"UniqueName=by+" + method.encode() + b"&DefaultTtl=9")
                teller.fetch(sid)
                teller.listed()
    for path in ("/", "/v1/services", "/v1/Services/", "/v1/Services.json", f"/v1/Services/{sid}/"):
        teller.send("GET", path)
        teller.send("POST", path)


def coding(teller: Teller) -> None:
    teller.create("é")
    teller.send("GET", "/v1/Services", b"", [("Accept-Encoding", "gzip, deflate")])


def hurry(teller: Teller) -> None:
    """Ask more often than thirty times in a second."""
    sid = teller.create("kept")
    for _ in range(40):
        teller.fetch(sid)


def crowd_at_once(teller: Teller) -> None:
    """Several requests at the same time; the answers count, not their order."""
    mine = teller.client

    def at_once(*requests: Any) -> None:
        async def gathered() -> list[Answer]:
            return list(await asyncio.gather(*requests))

        teller.requests += 1
        answers = LOOP.run_until_complete(gathered())
        teller.notes.append(sorted((one.status, len(one.body)) for one in answers))

    def post(path: str, **form: str) -> Any:
        return mine.sent("POST", path, encoded(form))

    at_once(*(post("/v1/Services", UniqueName="same") for _ in range(5)))
    sids = [teller.create(f"own {number}") for number in range(3)]
    at_once(*(post(f"/v1/Services/{sid}", UniqueName="renamed") for sid in sids))
    paths = [f"/v1/Services/{sids[0]}"] * 2
    at_once(post(paths[0], DefaultTtl="5"), post(paths[1], CallbackUrl="https://example.com/"))
    teller.fetch(sids[0])
    at_once(post(paths[0], DefaultTtl="66", UniqueName="torn"), mine.sent("GET", paths[0]))
    at_once(mine.sent("GET", "/v1/Services"), post("/v1/Services", UniqueName="new"))
    at_once(
        post("/v1/Services", UniqueName="newer", DefaultTtl="77"), mine.sent("GET", "/v1/Services")
    )
    at_once(*(post(paths[1], UniqueName=name) for name in ("this", "that", "torn")))
    for name in ("this", "that", "torn"):
        teller.create(name)
    at_once(post(paths[1], UniqueName="torn"), post("/v1/Services", UniqueName="torn"))
    at_once(post(paths[0], DefaultTtl="8"), post(f"/v1/Services/{sids[2]}", DefaultTtl="9"))
    gone = teller.create("gone")
    at_once(mine.sent("DELETE", f"/v1/Services/{gone}"), post("/v1/Services", UniqueName="gone"))
    teller.create("gone")
    at_once(post(paths[0], DefaultTtl="6"), mine.sent("DELETE", paths[0]))
    teller.fetch(sids[0])
    teller.listed()


def patience(teller: Teller) -> None:
    """Note whether single requests take long; a correct one takes a tenth of the limit."""
    teller.create("warm")
    waits = []
    for _ in range(3):
        before = time.perf_counter()
        teller.listed()
        waits.append(time.perf_counter() - before)
    teller.notes.append(min(waits) > 0.04 or max(waits) > 0.015 > sorted(waits)[1])


LOOP = asyncio.new_event_loop()
STORIES: tuple[Callable[[Teller], None], ...] = (
    lives,
    refusals,
    ttls_and_enums,
    urls,
    names,
    uniqueness,
    afterwards,
    forms,
    access,
    methods,
    changes,
    lists,
    coding,
    crowd_at_once,
    hurry,
)


def told(story: Callable[[Teller], None], **options: Any) -> list[object]:
    """Tell a story to a new emulator; return every answer in it."""
    teller = Teller(**options)
    story(teller)
    return teller.notes


def differing(
    correct: Iterable[tuple[Callable[[Teller], None], list[object]]], **options: Any
) -> str | None:
    """Return the name of the first story that comes out otherwise."""
    for story, expected in correct:
        if told(story, **options) != expected:
            return story.__name__
    return None
