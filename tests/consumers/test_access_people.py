"""Who may follow the stream: people, by the session of their browser."""

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.test import Client, RequestFactory

from consumers.access import Viewer, viewer_of_request
from consumers.protocol import CloseCode, Refused

from .handshake import code_of, drive


@pytest.fixture(autouse=True)
def closed(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["school.example", "127.0.0.1"]
    return settings


class TestPeople:
    """Signed in by a session's cookie."""

    @pytest.fixture(params=["db", "signed_cookies"])
    def cookie(self, request, settings, transactional_db):
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
        self.user = User.objects.create_user("mei", password="secret")
        browser = Client()
        browser.force_login(self.user)
        return f"{django_settings.SESSION_COOKIE_NAME}={browser.cookies[django_settings.SESSION_COOKIE_NAME].value}"

    def permit(self):
        self.user.user_permissions.add(Permission.objects.get(codename="view_event"))

    def code(self, cookie, origin="http://school.example"):
        headers = {"cookie": cookie} | ({"origin": origin} if origin else {})
        return drive(code_of(**headers))

    def test_the_permission_lets_them_in(self, cookie):
        assert self.code(cookie) == CloseCode.FORBIDDEN

        self.permit()

        assert self.code(cookie) is None

    def test_a_rotated_secret_key_signs_nobody_out(self, cookie, settings):
        self.permit()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another one"

        assert self.code(cookie) is None
        assert self.code(cookie) is None

    def test_a_cookie_without_an_origin_proves_nothing(self, cookie):
        self.permit()

        assert self.code(cookie, origin=None) == CloseCode.SIGN_IN

    def test_a_superuser_needs_no_permission(self, cookie):
        User.objects.update(is_superuser=True)

        assert self.code(cookie) is None

    def test_who_is_not_active_is_nobody(self, cookie):
        self.permit()
        User.objects.update(is_active=False)

        assert self.code(cookie) == CloseCode.SIGN_IN

    def test_a_new_password_ends_the_session(self, cookie):
        self.permit()
        self.user.set_password("another")
        self.user.save()

        assert self.code(cookie) == CloseCode.SIGN_IN

    def test_odd_cookies_do_not_hide_the_session(self, cookie):
        self.permit()

        for odd in ('{"a":1}', "a[b]=c", "=", ";;;", 'q="', "\xff\xfe=\xff"):
            assert self.code(f"{odd}; {cookie}") is None, odd
            assert self.code(f"{cookie}; {odd}") is None, odd

    def test_garbage_is_nobody(self, cookie):
        name = django_settings.SESSION_COOKIE_NAME

        for garbage in ("", name, f"{name}=", f"{name}=x", f"{name}={'x' * 5000}", f"{name}=../../etc", "\xff"):
            assert self.code(garbage) == CloseCode.SIGN_IN, garbage


def test_a_page_follows_the_same_rules(settings, transactional_db):
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1")
    request.user = AnonymousUser()
    with pytest.raises(Refused, match="Sign in to follow this stream"):
        viewer_of_request(request)
    settings.DEBUG = True
    assert viewer_of_request(request) == Viewer(open=True, personal=True, tests=True)

    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7")
    with pytest.raises(Refused):
        viewer_of_request(request)

    request.user = User.objects.create_user("mei")
    with pytest.raises(
        Refused, match="mei may not follow this stream: the permission signalcast.view_event is missing"
    ):
        viewer_of_request(request)
    request.user.user_permissions.add(Permission.objects.get(codename="view_event"))
    request.user = User.objects.get()
    assert viewer_of_request(request) == Viewer(name="mei", user_id=request.user.pk)
