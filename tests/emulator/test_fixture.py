"""The fixtures for people's own tests, as such a test uses them."""

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import asyncio

import httpx
import pytest


@pytest.fixture
def client(served_proxy_emulator):
    served = served_proxy_emulator
    auth = (served.account_sid, served.auth_token)
    with httpx.Client(base_url=served.url, auth=auth, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_has_one_of_its_own(client, time):
    assert client.get("/v1/Services").json()["services"] == []
    assert client.post("/v1/Services", data={"UniqueName": "x"}).status_code == 201


def test_it_can_be_changed_while_it_is_served(client, served_proxy_emulator):
    emulator = served_proxy_emulator.emulator
    emulator.configure(faults=["create-200"])
    emulator.clock.set({"at": "2020-01-01T00:00:00Z", "frozen": True})
    emulator.follow({"match": {"operation": "create"}, "times": 1, "do": {"status": 503}})
    answers = [client.post("/v1/Services", data={"UniqueName": "x"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[1].json()["date_created"] == "2020-01-01T00:00:00Z"
    assert emulator.journal.count == 2
    assert client.get("/_emulator/rules").json()[0]["fired"] == 1


@pytest.mark.proxy_emulator(
    variants=["duplicates-409"], faults=["create-200"], rules=[{"do": {"headers": {"X": "1"}}}]
)
def test_a_marker_says_how_it_behaves(client):
    answers = [client.post("/v1/Services", data={"UniqueName": "x"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].headers["X"] == "1"


def test_in_process(proxy_emulator):
    async def listed():
        transport = httpx.ASGITransport(app=proxy_emulator)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            return await client.get("/v1/Services")

    assert asyncio.run(listed()).status_code == 401
"""


def test_they_hand_out_a_fresh_emulator(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    run = pytester.runpytest_subprocess(
        "-p", "no:schemathesis", "-W", "error", "--strict-markers", "-q"
    )
    run.assert_outcomes(passed=5)


def test_the_marker_is_told_and_wrong_names_are_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.proxy_emulator(faults=["x"])
        def test_it(proxy_emulator):
            pass
        """
    )
    run = pytester.runpytest_subprocess("-p", "no:schemathesis", "-q")
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["*UnknownName: unknown fault 'x'*"])
    told = pytester.runpytest_subprocess("-p", "no:schemathesis", "--markers")
    told.stdout.fnmatch_lines(["@pytest.mark.proxy_emulator(faults=(), variants=(), rules=()):*"])
