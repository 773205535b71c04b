"""The dashboard's address. Include it wherever it shall live; the websocket is expected at `ws/` below it."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from frontend.views import dashboard

app_name = "frontend"

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
