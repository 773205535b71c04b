"""
The tables of the test database, emptied after a test that commits.

Django's own way empties them all, and then writes permissions and content types anew, after each test: that took longer
than most tests. What the migrations wrote stays here, and a table without rows is left alone.
"""

from django.core.management.color import no_style
from django.db import connections, transaction

WRITTEN_BY_MIGRATIONS = {"auth_permission", "django_content_type"}


def empty(alias: str) -> None:
    connection = connections[alias]
    tables = sorted(set(connection.introspection.django_table_names()) - WRITTEN_BY_MIGRATIONS)
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        # Whoever still writes is waited for; on SQLite that is what every transaction begins with. Nobody who reads is
        # kept out: a server that reads of two tables, and this, would each wait for the other.
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables))
        filled = [table for (table,) in cursor.fetchall()]
        for statement in connection.ops.sql_flush(no_style(), filled, allow_cascade=True) if filled else ():
            cursor.execute(statement)
