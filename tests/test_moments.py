"""Dates and times are read as ISO 8601 in GMT, and as nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from conformance.harness import moments

NOON = datetime(2015, 7, 30, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2015-07-30T12:00:00Z",
        "2015-07-30t12:00:00z",
        "2015-07-30T12:00:00+00:00",
        "2015-07-30T12:00:00-00:00",
        "2015-07-30T12:00:00+0000",
        "2015-07-30T12:00:00+00",
        "2015-07-30T12:00:00.0Z",
        "2015-07-30T12:00:00.000000000Z",
        "2015-07-30T12:00:00,000Z",
    ],
)
def test_iso_8601_in_gmt_is_read(text: str) -> None:
    assert moments.read(text) == NOON


def test_fractions_of_a_second_count() -> None:
    assert moments.read("2015-07-30T12:00:00.25Z") == NOON + timedelta(milliseconds=250)
    assert moments.read("2015-07-30T12:00:00.1234567Z") == NOON + timedelta(microseconds=123456)


@pytest.mark.parametrize(
    "value",
    [
        "Thu, 30 Jul 2015 12:00:00 GMT",
        "2015-07-30",
        "2015-07-30T12:00:00",
        "2015-07-30 12:00:00Z",
        "2015-07-30T12:00:00+02:00",
        "2015-07-30T12:00:00-01:00",
        "2015-13-30T12:00:00Z",
        "2015-07-30T25:00:00Z",
        "2015-07-30T12:00Z",
        "٢٠١٥-٠٧-٣٠T12:00:00Z",
        " 2015-07-30T12:00:00Z",
        "",
        1438257600,
        None,
        [],
    ],
)
def test_anything_else_is_not_read(value: object) -> None:
    assert moments.read(value) is None


def test_the_vendor_writes_whole_seconds_and_z() -> None:
    assert moments.VENDOR_FORM.fullmatch("2015-07-30T12:00:00Z")
    assert not moments.VENDOR_FORM.fullmatch("2015-07-30T12:00:00.0Z")
    assert not moments.VENDOR_FORM.fullmatch("2015-07-30T12:00:00+00:00")


def test_a_date_header_is_read() -> None:
    assert moments.read_http("Thu, 30 Jul 2015 12:00:00 GMT") == NOON
    assert moments.read_http("Thu, 30 Jul 2015 12:00:00 -0000") == NOON


@pytest.mark.parametrize("text", [None, "", "yesterday"])
def test_a_date_header_that_is_none_is_not_read(text: str | None) -> None:
    assert moments.read_http(text) is None


def test_a_moment_is_about_a_clock_within_the_tolerance() -> None:
    near, far = NOON + moments.TOLERANCE, NOON + moments.TOLERANCE + timedelta(seconds=1)

    assert moments.is_about(near, NOON)
    assert moments.is_about(far, None, NOON, far)
    assert not moments.is_about(far, NOON, None)
    assert not moments.is_about(NOON)


def test_the_tolerance_is_shorter_than_any_zone() -> None:
    assert moments.TOLERANCE < timedelta(minutes=15)
