"""Which moments may be asked for: those of RFC 3339, and days."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.moments import moment_ms, rfc3339

zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(min_value=datetime(1970, 1, 3), max_value=datetime(9999, 12, 29), timezones=zones))  # noqa: DTZ001
def test_every_moment_is_read_to_the_millisecond(moment: datetime) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    expected = round(whole.timestamp() * 1000)
    for text in (moment.isoformat(), moment.isoformat().lower(), moment.isoformat(timespec="milliseconds")):
        assert moment_ms(text) == expected
    assert moment_ms(rfc3339(expected)) == expected


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(9999, 12, 30)))
def test_a_day_ends_a_millisecond_before_the_next(day: date) -> None:
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    assert moment_ms(day.isoformat()) == round(following.timestamp() * 1000) - 1


def test_the_last_day_has_an_end_and_what_was_before_1970_is_its_beginning() -> None:
    assert moment_ms("9999-12-31") == 253_402_300_799_999
    assert moment_ms("9999-12-31T23:59:59.9999-23:59") == 253_402_387_139_999
    assert moment_ms("0001-01-01T00:00:00+23:59") == moment_ms("1969-12-31") == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025",
        "2025-07",
        "2025-W27-4",
        "2025-185",
        "20250704",
        "2025-02-30",
        "0000-01-01",
        "2025-07-0٤",
        "2025-07-04\n",
        "20250704T093000Z",
        "2025-07-04 09:30:00Z",
        "2025-07-04T09:30:00",
        "2025-07-04T09:30Z",
        "2025-07-04T09Z",
        "2025-07-04T09:30:00,5Z",
        "2025-07-04T09:30:00.Z",
        "2025-07-04T24:00:00Z",
        "2025-07-04T09:60:00Z",
        "2025-07-04T09:30:00+02",
        "2025-07-04T09:30:00+0200",
        "2025-07-04T09:30:00+02:60",
        "2025-07-04T09:30:00+24:00",
        "2025-07-04T09:30:00+02:00:30",
        "2025-W27-4T09:30:00Z",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_ms(text)
