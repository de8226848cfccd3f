"""Who may change the account while somebody reads it."""

import fcntl
from pathlib import Path

import pytest

from conformance.harness.quiet import Quiet


def free(folder: Path, name: str) -> bool:
    with (folder / name).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def test_writers_share_the_room_and_leave_the_door_open(tmp_path: Path) -> None:
    quiet = Quiet(folder=tmp_path)
    with quiet.shared(), quiet.shared():
        assert free(tmp_path, "door")
        assert not free(tmp_path, "room")

    assert free(tmp_path, "room")


def test_a_reader_has_room_and_door_alone(tmp_path: Path) -> None:
    with Quiet(folder=tmp_path).alone():
        assert not free(tmp_path, "door")
        assert not free(tmp_path, "room")

    assert free(tmp_path, "door")


@pytest.mark.parametrize("nth", [1, 2], ids=["at the door", "in the room"])
def test_an_interrupt_while_a_lock_is_taken_gives_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    """Else whoever deletes at the end would wait for itself."""
    take, taken = fcntl.flock, []

    def interrupted(file: int, how: int) -> None:
        take(file, how)
        taken.append(how)
        if len(taken) == nth:
            raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", interrupted)
    with pytest.raises(KeyboardInterrupt), Quiet(folder=tmp_path).shared():
        pass
    monkeypatch.undo()

    assert free(tmp_path, "door")
    with Quiet(folder=tmp_path).alone():
        pass


def test_who_reads_alone_may_write(tmp_path: Path) -> None:
    """As is done to see whether a target that puts one request off answers others."""
    quiet = Quiet(folder=tmp_path)
    with quiet.alone(), quiet.shared():
        assert not free(tmp_path, "room")

    with quiet.shared():
        assert not free(tmp_path, "room")
