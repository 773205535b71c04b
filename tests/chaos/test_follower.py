"""Clients that follow the stream: what the campaign sees of them while it waits for the last one."""

import json

from .follower import Habits, Notes, Plain


def test_who_is_led_around_in_circles_comes_no_further():
    follower = Plain(Notes("a client"), Habits(), [], "1")
    distances = []
    for position in (1, 2, 3, 2, 3, 1, 2, 3, 4):
        follower._hear(json.dumps({"sequence": str(position), "id": f"id{position}"}))
        distances.append(follower.distance)

    first, second, third, *circles, fourth = distances
    assert first < second < third < fourth
    assert set(circles) == {third}
    assert len(follower.notes.got) == 9
