"""The project's channel layer, looked at before anybody sends: what it comes to. Nothing of it is opened."""

from contextlib import suppress
from math import inf

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import get_channel_layer
from django.conf import settings
from django.utils.module_loading import import_string


def load() -> None:
    """Import the layer's code, of which redis-py's takes a tenth of a second: a process's first events would wait for
    it. What is wrong with it `manage.py check` says.
    """
    with suppress(Exception):
        import_string(settings.CHANNEL_LAYERS[DEFAULT_CHANNEL_LAYER]["BACKEND"])


def patience() -> tuple[float, float]:
    """How many seconds the core Redis layer has its server wait for a message, and how many it waits for the server.

    For any other layer, 0 and infinity. Raises whatever a backend makes of a configuration that is wrong.
    """
    layer = get_channel_layer()
    _make_pools()
    waits = getattr(type(layer), "brpop_timeout", None)
    if waits is None:
        return 0, inf
    # Made, not opened. They know what address, options and redis-py's defaults come to.
    links = [layer.create_pool(index).make_connection() for index in range(len(layer.hosts))]
    return waits, min((link.socket_timeout for link in links if link.socket_timeout is not None), default=inf)


def _make_pools() -> None:
    """As the pub/sub layer does with its addresses, but not before somebody sends."""
    configured = getattr(settings, "CHANNEL_LAYERS", {}).get(DEFAULT_CHANNEL_LAYER, {})
    if str(configured.get("BACKEND")).startswith("channels_redis."):
        # Not for those who have another layer: it brings the whole of redis-py.
        from channels_redis.utils import create_pool, decode_hosts

        for host in decode_hosts(configured.get("CONFIG", {}).get("hosts")):
            create_pool(host)
