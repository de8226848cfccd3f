"""Lists paged and ordered otherwise, and accounts in which others are at work."""

import re
from collections import deque
from collections.abc import Awaitable, Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Page, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rewriting import Body, pages
from emulator.standins import Actions, but

CROWD = 300
"""More than six pages of the usual size."""

BUSY_AT_ONCE = 3


def _lenient(parameter: str) -> Behaviour:
    """Read a parameter of the query that cannot be read as if it had not been sent."""

    def behaviour(correct: Operations, _: Surroundings) -> Operations:
        async def listed(account: str, query: Form) -> Page:
            try:
                return await correct.list(account, query)
            except Refused as refused:
                if refused.reason is not Reason.INVALID_PAGING or refused.about != parameter:
                    raise
                others = {name: value for name, value in query.items() if name != parameter}
                return await correct.list(account, others)

        return but(correct, list=listed)

    return behaviour


def _crowded(correct: Operations, around: Surroundings) -> Operations:
    """Put other people's Services into each account before it is first used."""
    crowded: set[str] = set()

    async def crowd(account: str) -> None:
        if account in crowded:
            return
        crowded.add(account)
        for number in range(CROWD):
            name = f"somebody else's {number}"
            if not around.store.named(account, name):
                await correct.create(account, {"UniqueName": name})

    return _before_each(correct, crowd)


def _busy(correct: Operations, around: Surroundings) -> Operations:
    """Let other people create and delete a Service with every request, one for one."""
    theirs: dict[str, deque[str]] = {}
    made = 0

    async def work(account: str) -> None:
        nonlocal made
        made += 1
        name = f"somebody else's, busy {made}"
        mine = theirs.setdefault(account, deque())
        if not around.store.named(account, name):
            mine.append((await correct.create(account, {"UniqueName": name})).sid)
        if len(mine) > BUSY_AT_ONCE:
            gone = mine.popleft()
            if around.store.get(account, gone):
                await correct.delete(account, gone)

    return _before_each(correct, work)


def _before_each(correct: Operations, first: Callable[[str], Awaitable[None]]) -> Operations:
    """Let something happen in an account before each operation there."""

    async def create(account: str, form: Form) -> Service:
        await first(account)
        return await correct.create(account, form)

    async def fetch(account: str, sid: str) -> Service:
        await first(account)
        return await correct.fetch(account, sid)

    async def update(account: str, sid: str, form: Form) -> Service:
        await first(account)
        return await correct.update(account, sid, form)

    async def delete(account: str, sid: str) -> None:
        await first(account)
        await correct.delete(account, sid)

    async def listed(account: str, query: Form) -> Page:
        await first(account)
        return await correct.list(account, query)

    return Actions(create=create, fetch=fetch, update=update, delete=delete, list=listed)


def _page_in_token(body: Body) -> None:
    """Leave `Page` out of the addresses, as the token holds it."""
    for name, url in body["meta"].items():
        if name.endswith("url") and url and "PageToken" in url:
            body["meta"][name] = re.sub("&Page=[0-9]+", "", url)


def _other_order(body: Body) -> None:
    """Write the parameters of the addresses the other way round."""
    for name, url in body["meta"].items():
        if name.endswith("url") and url:
            path, _, query = url.partition("?")
            body["meta"][name] = f"{path}?{'&'.join(reversed(query.split('&')))}"


ALTERATIONS = (
    Alteration(
        name="caps-pages-at-100",
        sentence="puts at most 100 items on a page, and says so in page_size (C3)",
        choices={"page_cap": 100},
    ),
    Alteration(
        name="clamps-page-sizes",
        sentence="takes a PageSize below 1 for 1",
        choices={"page_size_too_small": "raised"},
    ),
    Alteration(
        name="refuses-large-pages",
        sentence="refuses a PageSize above 1000",
        choices={"page_size_too_large": "refused"},
    ),
    Alteration(
        name="ignores-bad-page-sizes",
        sentence="takes a PageSize that it cannot read for the usual one",
        behaviour=_lenient("PageSize"),
    ),
    Alteration(
        name="ignores-bad-tokens",
        sentence="takes a PageToken that it has not issued for none",
        behaviour=_lenient("PageToken"),
    ),
    Alteration(
        name="requires-page-tokens",
        sentence="refuses a Page above 0 without a PageToken, with 70002",
        choices={"later_page": "refused"},
    ),
    Alteration(
        name="numbered-pages",
        sentence="finds pages by their number alone, without tokens",
        choices={"pages": "number"},
    ),
    Alteration(
        name="echoes-page",
        sentence="shows the client's own Page in meta.page",
        choices={"page_number": "echoed"},
    ),
    Alteration(
        name="forward-only",
        sentence="gives no previous_page_url",
        choices={"previous_pages": False},
    ),
    Alteration(
        name="page-in-token",
        sentence="leaves Page out of addresses that have a PageToken",
        wire=pages(_page_in_token),
    ),
    Alteration(
        name="other-query-order",
        sentence="writes the query of the pages' addresses the other way round",
        wire=pages(_other_order),
    ),
    Alteration(
        name="newest-first",
        sentence="lists the newest Service first",
        choices={"order": "newest"},
    ),
    Alteration(
        name="ordered-by-name",
        sentence="lists by unique name",
        choices={"order": "name"},
    ),
    Alteration(
        name="ordered-by-sid",
        sentence="lists by sid",
        choices={"order": "sid"},
    ),
    Alteration(
        name="unordered",
        sentence="lists in no order that can be seen, but always the same",
        choices={"order": "hashed"},
    ),
    Alteration(
        name="crowded",
        sentence=f"has {CROWD} Services of other people in each account",
        behaviour=_crowded,
    ),
    Alteration(
        name="busy",
        sentence="has other people create and delete a Service with every request",
        behaviour=_busy,
    ),
)
