"""The usual Channels consumer, on the pub/sub layer: `daphne benchmarks.peers.usual:application`, with REDIS_URL."""

import os

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

LAYER = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
}
GROUP = "events"

if not settings.configured:
    settings.configure(CHANNEL_LAYERS={"default": LAYER}, USE_TZ=True)
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
