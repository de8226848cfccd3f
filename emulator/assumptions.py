"""What no source settles: what the emulator does, what else it could do, and how we know.

A source is the reference document (M with a number), the vendor's OpenAPI, clients, dictionary of
errors or page of limits, what others observed, or nothing at all. A variant, where there is one,
switches to another reading.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One choice."""

    name: str
    does: str
    otherwise: str
    source: str
    variants: tuple[str, ...] = ()


_ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # Sids and paths.
    (
        "unknown sid",
        "answers 400 with 80408, as the vendor was seen to do in 2020",
        "404 with 20404, as its generic pages say",
        "observed by the tests of a Terraform provider; contradiction C5",
        "unknown-sid-404",
    ),
    (
        "malformed sid",
        "answers 400 with 80408",
        "404 with 20404 from the front door",
        "dictionary of errors, inferred from its siblings 80403 and 80405",
        "malformed-sid-404",
    ),
    (
        "deleted sid",
        "answers as for one that was never there",
        "another code, or 404",
        "unknown; 80307 and 80503 speak of records that were deleted",
        "deleted-sid-404 second-delete-404 second-delete-80307",
    ),
    (
        "sid of another account",
        "answers as for one that is not there",
        "403, or 404",
        "unknown; 80610 exists",
        "foreign-sid-403 foreign-sid-404",
    ),
    (
        "sid in another letter case",
        "is not found",
        "is found",
        "the pattern admits both, sids seen are in lower case",
        "sids-in-any-case upper-case-sids",
    ),
    (
        "fetch by unique name",
        "is refused as a malformed sid",
        "fetches the Service",
        "the OpenAPI leaves the sid of fetch untyped; contradiction C2",
        "fetches-by-name",
    ),
    (
        "paths with .json or a slash at the end",
        "are not found",
        "are taken without it",
        "the generic page on responses names the extension, for no product",
        "json-extension trailing-slash",
    ),
    (
        "other paths",
        "answer 404 with 20404 to those with good credentials, 401 to others",
        "404 for everybody",
        "the order of the checks is unknown",
        "paths-before-credentials",
    ),
    (
        "resources below a Service",
        "are linked, and are not found",
        "are served",
        "out of this emulator's scope",
        "",
    ),
    # Refusals.
    (
        "duplicate name",
        "answers 400 with 80602",
        "409, or the generic 20409",
        "code documented, status inferred from its twin 80603; 80623 alone is known to be 409",
        "duplicates-409 duplicates-20409",
    ),
    (
        "value that breaks a rule",
        "answers 400 with 80701",
        "400 with 20001, or 422 with 20422",
        "dictionary of errors; 20001 seen on sibling products",
        "validation-20001 validation-422",
    ),
    (
        "missing name",
        "answers 400 with 20001",
        "80701, as for other values",
        "observed by others, in a recorded answer",
        "missing-name-80701",
    ),
    (
        "empty name",
        "counts as missing, on create and on update",
        "is a value that breaks a rule",
        "inferred from a third party's test",
        "empty-name-80701",
    ),
    (
        "texts of errors",
        "are those of the vendor's dictionary where it has one",
        "any",
        "messages are not part of any contract",
        "other-error-texts 401-with-other-text",
    ),
    (
        "shape of errors",
        "has code, message, more_info and status",
        "details besides, or neither code nor more_info",
        "the generic page marks code as present or not",
        "errors-with-details errors-without-code errors-in-other-order",
    ),
    (
        "other methods",
        "answer 405 with 20004 and Allow",
        "404 or 400, or no Allow",
        "generic pages",
        "methods-404 methods-400 405-without-allow",
    ),
    (
        "HEAD and OPTIONS",
        "are other methods",
        "are answered",
        "unknown; the OpenAPI's examples of headers name OPTIONS",
        "head-and-options",
    ),
    (
        "401",
        "carries WWW-Authenticate, as RFC 9110 wants it",
        "does not",
        "presence unknown",
        "401-without-challenge",
    ),
    (
        "bodies above a mebibyte",
        "answer 413 with 20001, and the connection closes",
        "another limit, another 4xx",
        "no source",
        "",
    ),
    # Forms.
    (
        "what is not UTF-8",
        "is refused, 400 with 20001",
        "is replaced, or read otherwise",
        "M06 says that UTF-8 is supported, and no more",
        "",
    ),
    (
        "other content types",
        "hold no parameters",
        "answer 415",
        "observed on a sibling product, which ignored JSON",
        "refuses-other-content-types",
    ),
    (
        "missing content type",
        "is read as a form",
        "is refused",
        "unknown; 20422 names it in general",
        "",
    ),
    (
        "repeated parameters",
        "count with their last value",
        "the first value, or a refusal",
        "no source",
        "first-of-repeated refuses-repeated",
    ),
    (
        "unknown parameters",
        "are ignored",
        "are refused",
        "the dictionary says ignored, under 20001; contradiction C19",
        "refuses-unknown-parameters",
    ),
    (
        "escapes that are none",
        "are taken literally",
        "are refused",
        "no source",
        "",
    ),
    # Values.
    (
        "names in another case",
        "are other names",
        "are the same name",
        "unknown; contradiction C16",
        "folds-case",
    ),
    (
        "names in another normal form",
        "are other names",
        "are the same name",
        "unknown; contradiction C16",
        "normalises-to-compare compatible-names ignores-accents",
    ),
    (
        "blanks around names",
        "are kept",
        "are taken off",
        "unknown",
        "trims-names",
    ),
    (
        "names of blanks alone",
        "are accepted",
        "are refused",
        "unknown",
        "refuses-blank-names",
    ),
    (
        "control characters in names",
        "are accepted",
        "are refused",
        "unknown; they are UTF-8",
        "refuses-control-characters",
    ),
    (
        "negative ttl",
        "is refused",
        "is accepted",
        "unknown; a Session's ttl has to be above 0",
        "accepts-negative-ttl",
    ),
    (
        "largest ttl",
        "is 9223372036854775807",
        "is 2147483646, as for a Session",
        "page of limits, for Sessions alone",
        "bounds-ttl",
    ),
    (
        "text of a ttl",
        "is ASCII digits, a minus before them or not",
        "a plus too",
        "no source says how an integer is written",
        "signed-ttl",
    ),
    (
        "empty ttl or enum",
        "is refused",
        "is ignored",
        "unknown; contract fact 22",
        "ignores-empty-values",
    ),
    (
        "extended-area-code",
        "is refused",
        "is accepted",
        "the prose names it, the list of values does not; contradiction C1",
        "accepts-extended-area-code",
    ),
    (
        "what a URL is",
        "is an absolute URI of RFC 3986 with a host, of any scheme",
        "only http and https, or characters beyond ASCII too",
        "changelog 2019-05-21 says only that URLs are validated",
        "web-urls-only international-urls",
    ),
    (
        "URLs of Proxy itself",
        "are those whose host is proxy.twilio.com, or that with edge and region in it",
        "any host of the vendor's",
        "changelog 2019-05-21",
        "",
    ),
    (
        "chat instance of two Services",
        "is accepted",
        "is refused",
        "M10 says one-to-one; no one was seen to be refused",
        "one-chat-each",
    ),
    (
        "chat instance where none was named",
        "is null",
        "is made",
        "observed by others: null",
        "assigns-chat-instances",
    ),
    # What is shown.
    (
        "fields that are not set",
        "are null",
        "are left out, or URLs are empty text",
        "observed by others; contradictions C9 and C10",
        "omits-unset-fields empty-unset-fields",
    ),
    (
        "dates",
        "have whole seconds and Z",
        "fractions, or +00:00",
        "the vendor's Python client reads no other form",
        "fractional-seconds offset-dates",
    ),
    (
        "date_updated",
        "moves with every update that is accepted",
        "only where something was sent, or changed",
        "M26",
        "date-updated-when-sent date-updated-when-changed",
    ),
    (
        "link to short codes",
        "is there",
        "is not",
        "the reference has it, the OpenAPI since 2025-07 does not; contradiction C4",
        "no-short-codes",
    ),
    (
        "further fields, links and keys of meta",
        "are not there",
        "are there",
        "clients ignore them",
        "extra-fields extra-links extra-meta",
    ),
    (
        "order of keys",
        "is that of the reference's samples",
        "any",
        "JSON objects have none",
        "other-key-order",
    ),
    (
        "JSON text",
        "is UTF-8, without escapes beyond those needed, on one line",
        "escapes, many lines, no blanks",
        "RFC 8259",
        "ascii-json pretty-json compact-json",
    ),
    (
        "content type",
        "is application/json",
        "with a charset",
        "observed on sibling products, both ways",
        "charset",
    ),
    (
        "transfer",
        "is of known length, uncompressed, on a connection that stays open",
        "chunks, gzip, a connection for each answer",
        "RFC 9112",
        "chunked gzip closes-connections",
    ),
    (
        "headers",
        "are Twilio-Request-Id and the five of the OpenAPI",
        "more, or none, and Location with 201",
        "observed on sibling products; contract facts 53 and 54",
        "extra-headers location no-request-id",
    ),
    (
        "host in URLs",
        "is the one that the client asked",
        "proxy.twilio.com, or any other",
        "the reference's samples; contradiction C17",
        "canonical-urls other-port-in-urls nodes-in-urls",
    ),
    (
        "path prefix in URLs",
        "is in them",
        "is not",
        "the vendor has none",
        "urls-without-prefix",
    ),
    # Lists.
    (
        "order of lists",
        "is that of creation",
        "newest first, by name, by sid, or none that can be seen",
        "unknown",
        "newest-first ordered-by-name ordered-by-sid unordered",
    ),
    (
        "largest page",
        "holds 1000 items",
        "holds 100, as the changelog of 2019-06-06 says",
        "contradiction C3",
        "caps-pages-at-100",
    ),
    (
        "PageSize above 1000",
        "counts as 1000, since the vendor's clients send it",
        "is refused",
        "the vendor's clients; 20007 exists",
        "refuses-large-pages",
    ),
    (
        "PageSize below 1, or no number",
        "is refused, 400 with 20001",
        "counts as 1, or as not sent",
        "unknown",
        "clamps-page-sizes ignores-bad-page-sizes",
    ),
    (
        "PageToken that was not issued",
        "is refused, 400 with 20001",
        "counts as not sent",
        "unknown",
        "ignores-bad-tokens",
    ),
    (
        "Page without PageToken",
        "shows the first page, since Page is the client's own count",
        "is refused with 70002, or finds the page by itself",
        "M42; a sibling product refuses it",
        "requires-page-tokens numbered-pages",
    ),
    (
        "page in meta",
        "counts from the first page on",
        "is what the client sent",
        "unknown; contract fact 46",
        "echoes-page",
    ),
    (
        "addresses of pages",
        "have PageSize, Page and PageToken, in this order",
        "another order, or Page in the token",
        "M44 has PageSize and Page",
        "page-in-token other-query-order",
    ),
    (
        "previous pages",
        "are linked",
        "are not",
        "M44 has the key; its one sample has null",
        "forward-only",
    ),
    (
        "other people in the account",
        "are not there",
        "have Services, and create and delete while one looks",
        "an account may be shared",
        "crowded busy",
    ),
    # Pace.
    (
        "pace",
        "is as fast as it can be",
        "slow, or out of order between requests at the same time",
        "no source",
        "slow overtaking",
    ),
    (
        "rate limit",
        "is none",
        "30 requests a second on each endpoint, with Retry-After or without",
        "page of limits; contract fact 55",
        "throttled throttled-silently",
    ),
    (
        "code of 429",
        "is 20429",
        "80621",
        "both are documented, which one when is not",
        "",
    ),
)

ASSUMPTIONS = tuple(
    Assumption(
        name=name,
        does=does,
        otherwise=otherwise,
        source=source,
        variants=tuple(variants.split()),
    )
    for name, does, otherwise, source, variants in _ROWS
)
