"""events.queries: no queries, and nothing spoilt by those that were tried."""

import pytest
from django.db import connection, transaction

from academy.models import Course
from events.queries import QueryRefused, no_queries


@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
def test_a_refused_query_leaves_the_transaction_as_it_was(db, write):
    with transaction.atomic():
        with pytest.raises(QueryRefused), no_queries():
            Course.objects.create(price=1) if write else Course.objects.count()

        assert Course.objects.count() == 0
    assert connection.execute_wrappers == []
