"""The usual Channels consumer: `daphne benchmarks.peers.usual:application`, with REDIS_URL, and LAYER, one of these."""

import os

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

LAYERS = {
    "core": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # Without a timeout: redis-py's own, since version 8, ends every consumer that is idle for 5 s.
        "CONFIG": {"hosts": [{"address": os.environ["REDIS_URL"], "socket_timeout": None}]},
    },
    "pubsub": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
    },
}
GROUP = "events"

if not settings.configured:
    settings.configure(CHANNEL_LAYERS={"default": LAYERS[os.environ["LAYER"]]}, USE_TZ=True)
    django.setup()


class EventConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def event_message(self, message):
        await self.send(text_data=message["text"])


application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/", EventConsumer.as_asgi())])})
