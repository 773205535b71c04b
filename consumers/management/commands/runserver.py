"""Daphne's `runserver`, with our server."""

from daphne.management.commands import runserver

from consumers.server import Server


class Command(runserver.Command):
    server_cls = Server
