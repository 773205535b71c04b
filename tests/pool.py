"""A pool of connections to PostgreSQL, as far as Django asks one: psycopg's own is a package apart."""

from types import ModuleType

import psycopg


class ConnectionPool:
    def __init__(self, *, kwargs, **_):
        self._kwargs = kwargs
        self.taken = set()

    def open(self):
        pass

    def close(self):
        pass

    def getconn(self):
        connection = psycopg.connect(**self._kwargs)
        connection._pool = self
        self.taken.add(connection)
        return connection

    def putconn(self, connection):
        self.taken.remove(connection)
        connection.close()


psycopg_pool = ModuleType("psycopg_pool")
psycopg_pool.ConnectionPool = ConnectionPool
