"""Log is truth, also while it changes: whatever happens between the statements of a read, a page claims no more than it
holds."""

import pytest
from django.db import connection

from academy.models import Order
from academy.signals import order_paid
from events import log
from events.process import publisher
from events.streams import MAIN

# A page's head, its events, and what is the oldest that the log holds.
STATEMENTS = 3


def send(count):
    for _ in range(count):
        order_paid.send(sender=Order)
    assert publisher().flush(60)


class Meanwhile:
    """Does something before the statement of this number, while somebody reads."""

    def __init__(self, number, do):
        self.seen = 0
        self._number = number
        self._do = do
        self._is_doing = False

    def __call__(self, execute, *arguments):
        if not self._is_doing:
            self.seen += 1
            if self.seen == self._number:
                self._is_doing = True
                self._do()
                self._is_doing = False
        return execute(*arguments)


@pytest.mark.parametrize("number", range(1, STATEMENTS + 1))
@pytest.mark.parametrize(
    "do",
    [lambda: send(2), lambda: log.prune(MAIN, 4), lambda: (send(2), log.prune(MAIN, 8))],
    ids=["more", "less", "both"],
)
def test_what_a_page_covers_and_does_not_hold_is_not_held_by_the_log(transactional_db, number, do):
    send(5)
    meanwhile = Meanwhile(number, do)

    with connection.execute_wrapper(meanwhile):
        page = log.read(MAIN, 1, 100)

    held = {entry.position for entry in page.entries}
    covered = set(range(page.start, page.stop))
    assert meanwhile.seen == STATEMENTS
    assert held <= covered
    assert all(position < page.oldest for position in covered - held)
    assert page.stop <= page.head.position + 1
