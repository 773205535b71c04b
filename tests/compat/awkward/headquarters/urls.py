from django.urls import include, path

from frontend.views import SignIn

urlpatterns = [
    path("ops/stream/", include("frontend.urls")),
    path("door/", SignIn.as_view(), name="front-door"),
]
