import os

from django.core.asgi import get_asgi_application

from consumers.routing import application as with_stream

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headquarters.settings")
application = with_stream(get_asgi_application())
