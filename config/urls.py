"""The demo project's addresses. The websocket's is in `consumers.routing`."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from frontend.views import SignIn

urlpatterns = [
    path("", include("frontend.urls")),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
