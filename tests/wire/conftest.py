from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.harness import patience
from conformance.harness.wire import Wire
from tests.wires import NewWire
from tests.wires import wire as make


@pytest.fixture
def new_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewWire]:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.02)
    opened: list[Wire] = []

    def new(url: str, **other: Any) -> Wire:
        opened.append(make(tmp_path, url, **other))
        return opened[-1]

    yield new
    for one in opened:
        one.close()
