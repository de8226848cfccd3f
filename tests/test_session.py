"""What a test tells is made of how it ended, and no more requests are spent on that than need be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.harness import session
from conformance.harness.expect import NotApplicable, NotRun, Unproven
from conformance.harness.wire import AnswerLost

ENDS = {"unproven": Unproven, "not-run": NotRun, "not-applicable": NotApplicable}


@pytest.mark.parametrize("outcome", ENDS)
def test_no_smaller_example_is_looked_for_where_nothing_was_tried(outcome: str) -> None:
    drawn = []

    @settings(database=None, max_examples=100)
    @given(number=st.integers(min_value=0))
    def test(number: int) -> None:
        drawn.append(number)
        if number > 100:
            raise ENDS[outcome]("it could not be tried")

    session.spare([test])
    with pytest.raises(session.LeftOut, match="it could not be tried") as ended:
        test()

    assert ended.value.outcome == outcome
    assert sum(number > 100 for number in drawn) == 1


def test_what_lost_its_answer_is_tried_again() -> None:
    drawn = []

    @settings(database=None, max_examples=3)
    @given(number=st.integers())
    def test(number: int) -> None:
        drawn.append(number)
        raise AnswerLost("no answer")

    session.spare([test])
    with pytest.raises(AnswerLost):
        test()

    assert drawn[0] == drawn[-1]
    assert len(drawn) > 1
