"""The pages as a browser shows them, with and without a mouse, a script, or daylight."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from conformance.pages import diff, write_all
from tests.pages import runs

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium is installed; CHROMIUM may name one", allow_module_level=True)

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = (*sorted(runs.RUNS), "diff")
WIDE, NARROW = 1280, 400

Page: TypeAlias = Any
Open: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write every page once, each in a folder of its own."""
    root = tmp_path_factory.mktemp("pages")
    for name, make in runs.RUNS.items():
        write_all(make(), root / name)
    compared = diff.compare(runs.run(red=False), runs.run())
    (root / "diff").mkdir()
    (root / "diff" / "index.html").write_text(compared.as_html(), encoding="utf-8")
    return root


@pytest.fixture
def show(browser: Any, folder: Path) -> Iterator[Open]:
    """Open a page in a window of its own; whatever it says on the console fails the test."""
    contexts, said = [], list[str]()

    def opened(name: str = "red", anchor: str = "", *, width: int = WIDE, **options: Any) -> Page:
        viewport = {"width": width, "height": 800}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog {dialog.message}"))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith(("file:", "data:")) else said.append(asked.url)
            ),
        )
        page.goto((folder / name / "index.html").as_uri() + anchor)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def shown(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        ".rows > li", "rows => rows.filter(row => !row.hidden).map(row => row.id)"
    )
    return found


@cache
def axe() -> str:
    """Return the source of axe-core: from AXE_CORE, or from node_modules above this file."""
    named = os.environ.get("AXE_CORE")
    places = [Path(named)] if named else []
    places += [parent / "node_modules/axe-core/axe.min.js" for parent in Path(__file__).parents]
    for place in places:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    pytest.skip("axe-core is not installed: npm install --no-save axe-core, or set AXE_CORE")


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
@pytest.mark.parametrize("name", ["red", "green", "not judged", "diff"])
def test_axe_finds_nothing_and_nothing_leaves_the_page(
    name: str, width: int, scheme: str, show: Open
) -> None:
    source = axe()
    page = show(name, width=width, color_scheme=scheme, bypass_csp=True)
    # Rows are alike: some of them opened stand for all, and keep this quick.
    page.evaluate(
        """() => [...document.querySelectorAll('details')].slice(0, 60)
            .forEach(part => { part.open = true; })"""
    )

    page.evaluate(source)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]

    told = [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found]
    assert told == []


@pytest.mark.parametrize("name", NAMES)
def test_no_page_is_wider_than_its_window(name: str, show: Open) -> None:
    page = show(name)
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")

    for width in (320, NARROW, 700, WIDE):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_screen_answers_the_question(show: Open) -> None:
    page = show()

    for selector in ("h1", ".lead", ".totals", ".next", ".facts"):
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] + min(box["height"], 200) < 800, selector
    assert page.locator("h1").inner_text().strip() == "Does not conform"
    assert (
        "Start with CREATE-4; 2 others follow from it. Read its evidence"
        in page.locator(".next").inner_text()
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("green", "Conforms"),
        ("not judged", "Not judged"),
        ("all broken", "Does not conform"),
        ("diff", "Worse than before"),
    ],
)
def test_the_title_says_what_came_out(name: str, said: str, show: Open) -> None:
    assert show(name).locator("h1").inner_text().strip() == said


def test_a_sentence_begins_with_a_capital_and_a_url_does_not(show: Open) -> None:
    assert show("green").locator(".lead").inner_text() == "All 153 musts tried are held."
    assert show("not judged").locator(".lead").inner_text().startswith("http://127.0.0.1")


def test_hostile_text_is_text(show: Open) -> None:
    """The console and dialogs are watched by the fixture."""
    page = show("all broken")

    assert page.locator("img, iframe, object, h1 ~ h1").count() == 0
    assert page.locator("script").count() == 1
    assert "49" not in page.locator("#finding-CREATE-10 .found").inner_text()
    assert page.locator("text=</script><script>alert(1)</script>").count() > 0


def test_filters_narrow_the_list_and_are_kept_in_the_address(show: Open) -> None:
    page = show()
    assert len(shown(page)) == len(runs.requirements())

    page.get_by_label("Operation", exact=True).select_option("list")
    page.get_by_label("Stance", exact=True).select_option("must")
    page.locator("#filter input[value=violated]").check()
    page.get_by_label("Words").fill("next_page_url every")

    assert shown(page) == ["LIST-6"]
    assert page.locator("#shown").inner_text().startswith("1 of ")
    address = page.url
    page.get_by_role("button", name="Clear").click()
    playwright.expect(page.locator(".rows > li[hidden]")).to_have_count(0)
    page.goto("about:blank")
    page.goto(address)
    assert shown(page) == ["LIST-6"]


def test_a_filter_that_nothing_fits_says_so(show: Open) -> None:
    page = show()

    page.get_by_label("Words").fill("no requirement says this")

    assert shown(page) == []
    assert page.locator("#nothing").is_visible()


def test_counts_lead_to_what_they_count(show: Open) -> None:
    page = show()

    page.locator(".totals a", has_text="violated").click()

    listed = shown(page)
    count = int(page.locator(".totals .v-violated b").inner_text())
    assert len(listed) == count
    page.locator(".matrix tbody tr", has_text="delete").locator("a.v-deviates").click()
    assert shown(page) == ["DELETE-5"]


def test_each_link_within_the_page_leads_somewhere(show: Open) -> None:
    for name in NAMES:
        broken = show(name).evaluate(
            """() => [...document.querySelectorAll('a[href^="#"]')]
                .map(link => link.getAttribute('href').slice(1))
                .filter(id => !id.startsWith('?') && !document.getElementById(id))"""
        )
        assert broken == [], name


def test_a_link_to_a_row_opens_it_though_a_filter_hides_it(show: Open) -> None:
    page = show()
    page.get_by_label("Words").fill("race")
    page.evaluate("location.hash = 'CREATE-9'")
    playwright.expect(page.locator("#CREATE-9")).to_be_visible()

    assert page.locator("#CREATE-9 .detail").is_visible()


def test_a_link_into_a_folded_part_opens_it(show: Open) -> None:
    page = show("red", "#CREATE-4")

    page.locator("#CREATE-4 >> text=Its evidence").click()

    assert page.locator("#finding-CREATE-4 .versus").first.is_visible()


def test_commands_and_scripts_can_be_copied(show: Open) -> None:
    page = show(permissions=["clipboard-read", "clipboard-write"])
    card = page.locator("#finding-CREATE-4")

    card.get_by_role("button", name="Copy step 2 as curl").click()
    playwright.expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("curl -i -X GET ")

    card.locator("summary", has_text="See it again").click()
    card.get_by_role("button", name="Copy the script").click()
    playwright.expect(card.get_by_role("button", name="Copy the script")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("#!/bin/sh\n# CREATE-4 (must)")
    assert "\n\nset -u\n" in copied


def test_the_script_on_the_page_is_the_file(show: Open, folder: Path) -> None:
    page = show()

    text = page.locator("#finding-CREATE-4 .script pre").text_content()

    assert text == (folder / "red" / "reproduce" / "CREATE-4.sh").read_text()


def test_a_keyboard_is_enough(show: Open) -> None:
    page = show()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdict"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("a/b")
    assert page.get_by_label("Words").input_value() == "a/b"
    summary = page.locator("#finding-CREATE-4 .step > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#finding-CREATE-4 .step[open]").count() == 2


def test_all_of_it_can_be_read_without_a_script(show: Open) -> None:
    page = show(java_script_enabled=False)

    assert page.locator("#filter").is_hidden()
    assert page.locator(".rows > li:visible").count() == len(runs.requirements())
    page.locator("#finding-CREATE-4 .step > summary").first.click()
    assert page.locator("#finding-CREATE-4 .step[open]").count() == 2


def test_plots_say_in_words_what_they_draw(show: Open) -> None:
    page = show()

    said = page.locator(".latency svg[role=img]").first.get_attribute("aria-label")
    assert said.startswith("create: half within 3.8 ms, 90 % within 8.0 ms, 99 % within 16.3 ms")
    assert page.locator(".timeline rect").count() > 50
    assert page.locator("#finding-RACE-1 .lane").count() == 4
    assert page.locator("#finding-RACE-1 .span.open").count() == 1


def test_print_leaves_out_what_paper_cannot_do(show: Open) -> None:
    page = show()

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    assert page.locator("#filter").is_hidden()
    assert page.locator(".copy:visible").count() == 0
    assert page.locator("#finding-CREATE-4 .step[open]").count() == 2


def test_policy_lets_nothing_in_but_the_page_s_own_style_and_script(show: Open) -> None:
    page = show()

    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert page.locator("[style], [onclick], [onload]").count() == 0


@contextmanager
def timed(page: Page) -> Iterator[list[float]]:
    taken: list[float] = []
    yield taken
    taken.append(page.evaluate("performance.timing.domComplete - performance.timing.fetchStart"))


def test_the_page_opens_fast(show: Open) -> None:
    page = show("all broken")

    with timed(page) as taken:
        page.wait_for_load_state("load")

    assert taken[0] < 3000
