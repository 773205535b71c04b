"""The dashboard's address, and those for machines. Include them wherever they shall live; the websocket is expected at
`ws/` below.
"""

from django.apps import apps
from django.contrib.auth.views import LogoutView
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path

from consumers import urls as for_machines
from frontend.views import CATALOG, dashboard, signals

if "signalcast_frontend" not in apps.app_configs:
    raise ImproperlyConfigured('frontend.urls is included: its pages need "frontend" in INSTALLED_APPS.')

app_name = "signalcast"

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path(CATALOG, signals, name="catalog"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", include(for_machines)),
]
