"""The dashboard's one address. Include it wherever it shall live; the websocket is expected at `ws/` below it."""

from django.urls import path

from frontend.views import dashboard

app_name = "frontend"

urlpatterns = [path("", dashboard, name="dashboard")]
