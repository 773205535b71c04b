"""The demo project: settings, addresses and the ASGI application. Nothing imports it."""
