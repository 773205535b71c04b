"""The demo's settings, with the page that is printed in docs/eventstream.md beside the dashboard."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.printed"
