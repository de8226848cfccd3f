"""Faults of lists: sizes, items lost and repeated, and where pages lead."""

from collections.abc import Callable, Mapping

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Page, PageLink, Reason, Refused, Service
from emulator.operations import Operations
from emulator.paging import cursor_of
from emulator.standins import but, queries
from emulator.store import services_of

A_YEAR = 365 * 24 * 60 * 60
"""Seconds."""


def _pages(edit: Callable[[Page], Page]) -> Behaviour:
    """Answer with other pages."""

    def behaviour(correct: Operations, _: Surroundings) -> Operations:
        async def listed(account: str, query: Form) -> Page:
            return edit(await correct.list(account, query))

        return but(correct, list=listed)

    return behaviour


def _drops_last_of_full(page: Page) -> Page:
    full = len(page.services) == page.here.size and page.next
    return page._replace(services=page.services[:-1]) if full else page


def _drops_last(page: Page) -> Page:
    return page._replace(services=page.services[:-1]) if page.next is None else page


def _drops_first_of_later(page: Page) -> Page:
    return page._replace(services=page.services[1:]) if page.here.number else page


def _repeats_across_pages(correct: Operations, around: Surroundings) -> Operations:
    """Start each later page with the last item of the one before."""

    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        if not page.here.number or not page.services:
            return page
        earlier = [
            service
            for service in services_of(around.store, account)
            if service.arrival < page.services[0].arrival
        ]
        return page._replace(services=(*earlier[-1:], *page.services)[: page.here.size])

    return but(correct, list=listed)


def _repeats_within_page(page: Page) -> Page:
    if len(page.services) < 2:
        return page
    return page._replace(services=(*page.services[:-1], page.services[0]))


def _ends_after(items: int) -> Callable[[Page], Page]:
    """Say that the list ends after so many items."""

    def edit(page: Page) -> Page:
        before = page.here.number * page.here.size
        end = before + page.here.size >= items
        return page._replace(
            services=page.services[: max(items - before, 0)],
            next=None if end else page.next,
        )

    return edit


def _loses_last_page(page: Page) -> Page:
    return page._replace(next=None) if page.here.number else page


def _one_page_only(page: Page) -> Page:
    return page._replace(next=None)


def _loops(page: Page) -> Page:
    return page._replace(next=page.here) if page.next else page


def _restarts(page: Page) -> Page:
    if not page.next or not page.here.number:
        return page
    return page._replace(next=PageLink(number=0, size=page.here.size))


def _previous_is_first(page: Page) -> Page:
    if page.previous is None or page.here.number < 2:
        return page
    return page._replace(previous=PageLink(number=page.here.number - 1, size=page.here.size))


def _never_previous(page: Page) -> Page:
    return page._replace(previous=page.next) if page.previous else page


def _previous_on_first(page: Page) -> Page:
    first = PageLink(number=0, size=page.here.size)
    return page._replace(previous=page.previous or first)


def _counts_from_one(page: Page) -> Page:
    return page._replace(here=page.here._replace(number=page.here.number + 1))


def _sized(change: Callable[[str | None], str | None]) -> Behaviour:
    """Read another PageSize than the one sent."""

    def edit(query: Form) -> Form:
        size = change(query.get("PageSize"))
        others = {name: value for name, value in query.items() if name != "PageSize"}
        return others if size is None else {**others, "PageSize": size}

    return queries(edit)


def _at_most(limit: int) -> Callable[[str | None], str | None]:
    return lambda size: str(min(int(size), limit)) if size and size.isdecimal() else size


def _refusing_size(refused: str) -> Behaviour:
    def edit(query: Form) -> Form:
        if query.get("PageSize") == refused:
            raise Refused(Reason.INVALID_PAGING, "PageSize", "It is not allowed.")
        return query

    return queries(edit)


def _ends_before_rest(correct: Operations, around: Surroundings) -> Operations:
    """End the list where what is left would not fill a page."""

    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        last = page.services[-1].arrival if page.services else 0
        rest = sum(1 for service in services_of(around.store, account) if service.arrival > last)
        return page._replace(next=None) if rest < page.here.size else page

    return but(correct, list=listed)


def _one_more(correct: Operations, around: Surroundings) -> Operations:
    """Put one item more on a page than was asked for; the next page has it again."""

    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        if not page.next or not page.services:
            return page
        later = (
            service
            for service in services_of(around.store, account)
            if service.arrival > page.services[-1].arrival
        )
        return page._replace(services=(*page.services, next(later)))

    return but(correct, list=listed)


def _without_newest(correct: Operations, around: Surroundings) -> Operations:
    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        arrivals = around.store.arrivals(account)
        kept = tuple(service for service in page.services if service.arrival != arrivals[-1])
        return page._replace(services=kept)

    return but(correct, list=listed)


def _others_too(correct: Operations, around: Surroundings) -> Operations:
    """List the Services of every account on the last page."""

    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        if page.next:
            return page
        others = tuple(
            service
            for other in around.store.accounts()
            if other != account
            for service in services_of(around.store, other)
        )
        return page._replace(services=(*page.services, *others)[: page.here.size])

    return but(correct, list=listed)


def _drops_first_on_way_back(correct: Operations, around: Surroundings) -> Operations:
    """Leave the first item out of a page that is reached from the one behind it."""

    async def listed(account: str, query: Form) -> Page:
        page = await correct.list(account, query)
        if "PageToken" not in query or len(page.services) < 2:
            return page
        cursor = cursor_of(query["PageToken"], account, around.choices.order)
        return page if cursor.side == "after" else page._replace(services=page.services[1:])

    return but(correct, list=listed)


def _only(kept: Callable[[Service], bool]) -> Behaviour:
    return _pages(lambda page: page._replace(services=tuple(filter(kept, page.services))))


_PAGED: Mapping[str, tuple[str, Callable[[Page], Page]]] = {
    "drops-last-item-of-full-page": (
        "leaves the last item out of each full page",
        _drops_last_of_full,
    ),
    "drops-last-item": ("leaves the last item of the list out", _drops_last),
    "drops-first-item-of-later-pages": (
        "leaves the first item out of each page but the first",
        _drops_first_of_later,
    ),
    "repeats-item-within-page": (
        "shows the first item of a page again in place of its last",
        _repeats_within_page,
    ),
    "cuts-lists-at-50": ("ends lists after 50 items", _ends_after(50)),
    "cuts-lists-at-100": ("ends lists after 100 items", _ends_after(100)),
    "ends-after-second-page": ("ends lists after the second page", _loses_last_page),
    "ends-after-first-page": ("ends lists after the first page", _one_page_only),
    "next-page-loops": ("links each page as its own next one", _loops),
    "next-page-restarts": (
        "links the first page as the next one of every page but the first",
        _restarts,
    ),
    "previous-page-is-first": (
        "links the first page as the previous one of the third and later ones",
        _previous_is_first,
    ),
    "previous-page-is-next": ("links the next page as the previous one", _never_previous),
    "previous-on-first-page": ("links a previous page on the first one", _previous_on_first),
    "counts-pages-from-one": ("counts pages from 1 in meta", _counts_from_one),
    "repeats-first-item": (
        "shows the first item of a page in place of every other",
        lambda page: page._replace(services=page.services[:1] * len(page.services)),
    ),
}

_QUERIED: Mapping[str, tuple[str, Behaviour]] = {
    "ignores-page-size": ("ignores PageSize", _sized(lambda _: None)),
    "ignores-page-size-of-one": (
        "takes a PageSize of 1 for the usual one",
        _sized(lambda size: None if size == "1" else size),
    ),
    "caps-pages-at-20": ("puts at most 20 items on a page", _sized(_at_most(20))),
    "page-size-one-less": (
        "puts one item less on a page than was asked for",
        _sized(
            lambda size: str(int(size) - 1) if size and size.isdecimal() and size > "1" else size
        ),
    ),
    "default-page-size-20": (
        "puts 20 items on a page where no PageSize was sent",
        _sized(lambda size: size or "20"),
    ),
    "default-page-size-49": (
        "puts 49 items on a page where no PageSize was sent",
        _sized(lambda size: size or "49"),
    ),
    "default-page-size-51": (
        "puts 51 items on a page where no PageSize was sent",
        _sized(lambda size: size or "51"),
    ),
    "default-page-size-100": (
        "puts 100 items on a page where no PageSize was sent",
        _sized(lambda size: size or "100"),
    ),
    "refuses-page-size-1": ("refuses a PageSize of 1", _refusing_size("1")),
    "refuses-page-size-1000": ("refuses a PageSize of 1000", _refusing_size("1000")),
    "refuses-page-size-50": ("refuses a PageSize of 50", _refusing_size("50")),
    "ignores-page-tokens": (
        "shows the first page whatever the PageToken",
        queries(
            lambda query: {name: value for name, value in query.items() if name != "PageToken"}
        ),
    ),
    "rounds-odd-page-sizes": (
        "puts one item less on a page where an odd PageSize beyond 1 was sent",
        _sized(
            lambda size: (
                str(int(size) - 1)
                if size and size.isdecimal() and int(size) % 2 and size != "1"
                else size
            )
        ),
    ),
    "ends-before-a-page-that-is-not-full": (
        "ends lists where what is left would not fill a page",
        _ends_before_rest,
    ),
    "one-item-more": ("puts one item more on a page than was asked for", _one_more),
    "pages-overlap": (
        "starts each later page with the last item of the one before",
        _repeats_across_pages,
    ),
    "drops-first-item-on-way-back": (
        "leaves the first item out of the page that previous_page_url leads to",
        _drops_first_on_way_back,
    ),
    "lists-without-newest": ("leaves the newest Service out of lists", _without_newest),
    "lists-other-accounts": ("lists the Services of other accounts too", _others_too),
    "lists-none-with-ttl": (
        "leaves Services out of lists that have a ttl",
        _only(lambda service: not service.default_ttl),
    ),
    "lists-none-with-long-ttl": (
        "leaves Services out of lists whose ttl is above a year",
        _only(lambda service: service.default_ttl <= A_YEAR),
    ),
    "lists-none-beyond-ascii": (
        "leaves Services out of lists whose name is not ASCII",
        _only(lambda service: service.unique_name.isascii()),
    ),
    "lists-none-updated": (
        "leaves Services out of lists that were updated",
        _only(lambda service: service.date_updated == service.date_created),
    ),
}


ALTERATIONS = (
    *(
        Alteration(name=name, sentence=sentence, behaviour=_pages(edit))
        for name, (sentence, edit) in _PAGED.items()
    ),
    *(
        Alteration(name=name, sentence=sentence, behaviour=behaviour)
        for name, (sentence, behaviour) in _QUERIED.items()
    ),
)
