"""events.tally: how often, when last, and how the last ten minutes were."""

import json

from events.tally import KEPT, SECONDS, Tally


def test_it_counts_and_knows_the_last_one_whatever_the_order():
    tally = Tally()

    for sent in (1000.0, 1015.0, 1001.0):
        tally.add(sent)

    assert (tally.count, tally.last) == (3, 1015.0)
    assert tally.recent(1019.0)[-3:] == [0, 2, 1]


def test_the_rate_is_that_of_the_last_minute():
    tally = Tally()

    for second in range(600):
        tally.add(10_000.0 + second)

    assert tally.rate(10_600.0) == 60
    assert tally.rate(10_900.0) == 0


def test_it_stays_small_and_is_the_same_when_it_was_stored():
    tally = Tally()
    for number in range(1000):
        tally.add(float(number * SECONDS))

    again = Tally.of_json(json.loads(json.dumps(tally.as_json())))

    assert again.count == 1000 and again.last == tally.last
    assert again.recent(tally.last) == tally.recent(tally.last) == [1] * KEPT
    assert len(json.dumps(tally.as_json())) < 2000
