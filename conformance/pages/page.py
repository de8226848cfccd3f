"""The page for people: one file, no network."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2

from conformance.pages import findings
from conformance.pages.findings import Run

_TEMPLATES = Path(__file__).with_name("templates")


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def document(run: Run, reproducers: Mapping[str, str]) -> str:
    """Return the page."""
    template = _environment().get_template("index.html")
    return template.render(run=run, findings=findings, reproducers=reproducers)
