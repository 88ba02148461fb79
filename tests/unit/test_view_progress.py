"""When the view is ready, and when it is stale."""

from aiokafka import TopicPartition

from pipeline.serving.follower import STALE_SECONDS, _Progress

ONE, OTHER = TopicPartition("claims", 0), TopicPartition("claims", 1)


def test_it_is_ready_when_it_has_reached_an_end_that_it_saw() -> None:
    progress = _Progress()
    assert (progress.ready, progress.stale(0), progress.lag) == (False, True, 0)
    progress.see_end(100, {ONE: 5, OTHER: 2})
    assert (progress.ready, progress.lag) == (False, 7)
    progress.reach({ONE: 5, OTHER: 1})
    assert (progress.ready, progress.lag) == (False, 1)
    progress.reach({ONE: 5, OTHER: 2})
    assert (progress.ready, progress.lag, progress.stale(100)) == (True, 0, False)


def test_it_is_ready_at_once_where_the_topics_are_empty() -> None:
    progress = _Progress()
    progress.reach({ONE: 0})
    progress.see_end(100, {ONE: 0})
    assert progress.ready


def test_a_steady_flow_whose_end_is_never_reached_is_not_stale() -> None:
    progress = _Progress()
    for second in range(60):
        progress.see_end(second, {ONE: 10 * second + 10})
        progress.reach({ONE: 10 * second + 5})
        assert progress.lag == 5
        assert second < 2 or not progress.stale(second)


def test_a_silent_broker_and_a_backlog_make_it_stale() -> None:
    progress = _Progress()
    progress.see_end(100, {ONE: 5})
    progress.reach({ONE: 5})
    assert not progress.stale(100 + STALE_SECONDS)
    assert progress.stale(101 + STALE_SECONDS)  # nothing was heard since
    for second in range(101, 120):
        progress.see_end(second, {ONE: 1_000})
        progress.reach({ONE: 6})
    assert progress.stale(119)
    progress.reach({ONE: 1_000})
    assert progress.stale(119)  # caught up with what was there 18 seconds ago
    progress.see_end(120, {ONE: 1_000})
    assert not progress.stale(120)


def test_more_than_there_is_cannot_be_of_these_topics() -> None:
    progress = _Progress()
    progress.reach({ONE: 5, OTHER: 3})
    assert not progress.is_beyond({ONE: 5, OTHER: 4})
    assert progress.is_beyond({ONE: 5, OTHER: 2})
