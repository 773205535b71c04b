"""The dashboard's address, and those for machines. Include them wherever they shall live; the websocket is expected at
`ws/` below.
"""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from consumers import urls as for_machines
from frontend.views import CATALOG, dashboard, signals

app_name = "frontend"

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path(CATALOG, signals, name="catalog"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", include(for_machines)),
]
