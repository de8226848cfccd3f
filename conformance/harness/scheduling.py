"""Knows how tests are handed to workers anew when one of them dies."""

from typing import Any

from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]


class Resuming(LoadGroupScheduling):  # type: ignore[misc]  # xdist tells no types
    """xdist's scheduling by groups, for which what a dead worker had completed stays completed.

    xdist 3.8 hands that out again as well: whoever is given it has nothing to do, and is asked for
    nothing more, so that the run never ends.
    """

    def remove_node(self, node: Any) -> str | None:
        work = self.assigned_work[node]
        for group in [group for group, tests in work.items() if all(tests.values())]:
            del work[group]
        crashed: str | None = super().remove_node(node)
        return crashed
