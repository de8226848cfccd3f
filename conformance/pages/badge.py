"""One picture for a README, that says whether the target conforms."""

from html import escape

from conformance.pages import findings
from conformance.pages.findings import Run

LABEL = "Proxy Service contract"
_GREEN, _RED, _AMBER, _GREY = "#1a7f4b", "#b42318", "#8a5a00", "#57606a"


def message(run: Run) -> tuple[str, str]:
    """Return what the badge says, and its colour."""
    if not findings.judged(run):
        return {2: "interrupted"}.get(run["exit_status"], "not judged"), _GREY
    for verdict, colour in (("violated", _RED), ("deviates", _AMBER), ("unproven", _AMBER)):
        if count := findings.scored_musts(run, verdict):
            return f"{count} {verdict}", colour
    if not run["conforms"]:
        return "does not conform", _RED
    partial = " in part" if run.get("selection") or findings.untried(run) else ""
    return f"conforms{partial}", _AMBER if run["exit_status"] else _GREEN


def drawing(run: Run) -> str:
    """Return the badge as SVG; the widths are those of Verdana at 11 px, about 6.6 a letter."""
    said, colour = message(run)
    left, right = round(len(LABEL) * 6.6) + 12, round(len(said) * 6.9) + 12
    title = escape(f"{LABEL}: {said}")
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" \
aria-label="{title}">
<title>{title}</title>
<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="20" fill="#3d444d"/>
<rect x="{left}" width="{right}" height="20" fill="{colour}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{left / 2:g}" y="14" textLength="{left - 12}">{escape(LABEL)}</text>
<text x="{left + right / 2:g}" y="14" textLength="{right - 12}">{escape(said)}</text>
</g>
</svg>
"""
