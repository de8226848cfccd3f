"""Everything that is made from a run's record: pages, summaries, reproducers, comparisons."""

from conformance.pages.folder import write_all

__all__ = ["write_all"]
