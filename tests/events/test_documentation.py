"""events.documentation: what stands beside a signal in its source, and where that is."""

import importlib
import sys

import pytest

from events.documentation import NOTHING, documentation_of, place_of

SOURCE = '''"""Signals of a shop."""

from django.dispatch import Signal

# Sent when an order is paid.
# Arguments: order (Order).
paid = Signal()

# This is about everything below, and not about one of them.

plain = Signal()

# ----------------------------
# Money went back.
# ----------------------------
refunded: Signal = Signal()  # noqa: E501

shipped = Signal()  # A parcel left.

packed = Signal()
"""A parcel is ready.

    Its label is printed.
"""

try:
    # Only where there is a warehouse.
    stocked = Signal()
except ImportError:
    stocked = None

text = """
# not a comment
"""
tricky = Signal()

# <script>alert(1)</script>
hostile = \\
    Signal(
        # within
    )
'''


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    package = folder / "corner_shop"
    package.mkdir()
    (package / "__init__.py").write_text("from .signals import paid as sold\n")
    (package / "signals.py").write_text(SOURCE)
    (package / "again.py").write_text("from .signals import paid\nfrom corner_shop import sold as again\n")
    sys.path.insert(0, str(folder))
    for module in ("corner_shop", "corner_shop.signals", "corner_shop.again"):
        importlib.import_module(module)
    yield "corner_shop.signals"
    sys.path.remove(str(folder))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("paid", "Sent when an order is paid.\nArguments: order (Order)."),
        ("plain", ""),
        ("refunded", "Money went back."),
        ("shipped", "A parcel left."),
        ("packed", "A parcel is ready.\n\nIts label is printed."),
        ("stocked", "Only where there is a warehouse."),
        ("tricky", ""),
        ("hostile", "<script>alert(1)</script>\nwithin"),
    ],
)
def test_the_comment_above_or_beside_it_or_the_docstring_after_it_is_what_is_said(shop, name, text):
    assert documentation_of(f"{shop}.{name}").text == text


def test_file_and_line_are_told_by_the_module_and_not_by_the_machine(shop):
    assert documentation_of(f"{shop}.paid").source == "corner_shop/signals.py:7"
    assert place_of("corner_shop", 3) == "corner_shop/__init__.py:3"


def test_a_signal_is_followed_to_where_it_was_made(shop):
    made = documentation_of(f"{shop}.paid")

    assert documentation_of("corner_shop.again.paid") == made
    assert documentation_of("corner_shop.again.again") == made


def test_the_academy_and_django_have_theirs():
    assert documentation_of("academy.signals.order_paid").text.startswith("A student has paid for a course.")
    assert documentation_of("academy.signals.order_paid").source.startswith("academy/signals.py:")
    assert documentation_of("django.contrib.auth.signals.user_logged_in").source.startswith(
        "django/contrib/auth/signals.py:"
    )
    assert documentation_of("django.db.models.signals.post_save").source


@pytest.mark.parametrize("path", ["", "paid", "nowhere.at.all", "sys.path", "builtins.print", "academy.signals.nobody"])
def test_where_nothing_is_found_nothing_is_said(path):
    assert documentation_of(path) == NOTHING
