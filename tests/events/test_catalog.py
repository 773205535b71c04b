"""events.catalog: which signals are streamed, and under which names."""

import gc
import weakref

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.dispatch import Signal

from academy import signals
from events import attach, detach
from events.attachment import attached
from events.catalog import CatalogError, UnknownType, attach_all, attachment_of, attachments, find, type_of
from events.models import EventRow


@pytest.fixture(autouse=True)
def as_it_was():
    """What was attached before the test is attached after it."""
    before = dict(attached)
    yield
    for signal in set(attached) - set(before):
        detach(signal)
    for attachment in before.values():
        attach(
            attachment.signal,
            type=attachment.type,
            path=attachment.path,
            data=attachment.data,
            using=attachment.using,
        )


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Writes a package with signals that is in no installed app."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(source, name="shop"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "signals.py").write_text(source)

    return write


def test_a_module_is_all_of_its_public_signals(shop):
    shop("from django.dispatch import Signal\na = Signal()\nb = Signal()\n_c = Signal()\nd = 1\n", name="shop_of_three")

    assert list(find("shop_of_three.signals")) == ["shop_of_three.signals.a", "shop_of_three.signals.b"]


def test_a_path_is_one_signal():
    assert find("academy.signals.order_paid") == {"academy.signals.order_paid": signals.order_paid}


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("academy.signals.order_paid", "academy.order_paid"),
        ("django.contrib.auth.signals.user_logged_in", "auth.user_logged_in"),
        ("django.contrib.admin.deep.er.signals.made", "admin.made"),
        ("django.db.models.signals.post_save", "django.post_save"),
        ("events.signals.made", "signalcast.made"),
        ("allauth.account.signals.email_confirmed", "allauth.email_confirmed"),
        ("academy_of_arts.signals.made", "academy_of_arts.made"),
    ],
)
def test_a_type_begins_with_the_label_of_the_app_or_with_the_top_package(path, type):
    assert type_of(path) == type


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (7, "write the dotted path"),
        (None, "write the dotted path"),
        (Signal(), "write the dotted path"),
        ("", "cannot be imported"),
        (".", "cannot be imported"),
        (".signals", "cannot be imported"),
        ("nowhere.signals", "No module named 'nowhere'"),
        ("academy.nothing", "does not define a"),
        ("academy.signals.nothing", "does not define a"),
        ("academy.models", "a module without a Signal"),
        ("academy.models.Order", "neither a module nor a Signal"),
    ],
    ids=str,
)
def test_a_wrong_entry_is_named_with_the_reason(entry, reason):
    with pytest.raises(CatalogError, match=r"SIGNALCAST\[\"SIGNALS\"\]") as caught:
        find(entry)

    assert repr(entry) in str(caught.value)
    assert reason in str(caught.value)


def test_a_module_that_cannot_import_another_says_which(shop):
    shop("import a_missing_dependency", name="shop_with_a_gap")

    with pytest.raises(CatalogError, match="a_missing_dependency"):
        find("shop_with_a_gap.signals")


def test_a_wrong_entry_is_logged_and_the_others_are_attached(shop, caplog):
    shop("from django.dispatch import Signal\nmade = Signal()", name="shop_beside_others")
    attach_all(["nowhere.signals", "shop_beside_others.signals"])

    assert "nowhere" in caplog.text
    assert attachment_of("shop_beside_others.made").path == "shop_beside_others.signals.made"


def test_a_signal_that_is_named_itself_has_that_name_whoever_has_imported_it(shop):
    shop("from django.core.signals import request_started, setting_changed\n", "shop_with_imports")

    attach_all(["shop_with_imports.signals", "django.core.signals.setting_changed"])

    types = {attachment.type for attachment in attachments()}
    assert {"shop_with_imports.request_started", "django.setting_changed"} <= types
    assert types.isdisjoint({"django.request_started", "shop_with_imports.setting_changed"})


def test_naming_a_signal_twice_attaches_it_once():
    before = attachments()
    attach_all(["academy.signals", "academy.signals.order_paid", "academy.signals"])

    assert attachments() == before


def test_the_settings_do_not_replace_what_code_has_attached():
    def data(**arguments):
        return {}

    attach(signals.order_paid, type="school.sale", data=data)
    attach_all(["academy.signals"])

    assert attached[signals.order_paid].data is data


def test_an_unknown_type_is_told_what_there_is():
    with pytest.raises(UnknownType) as caught:
        attachment_of("academy.nothing")

    assert "academy.order_paid, academy.course_completed" in str(caught.value)


def test_attaching_again_replaces_what_was_said_before(order_paid, read_log):
    attach(order_paid, type="shop.a")
    attach(order_paid, type="shop.b", data=lambda note, **arguments: {"loud": note.upper()})
    order_paid.send(sender=None, note="hello")

    assert [(event["type"], event["data"]) for event in read_log()] == [("shop.b", {"loud": "HELLO"})]


def test_what_is_detached_is_streamed_no_longer(order_paid, read_log):
    detach(order_paid)
    detach(order_paid)
    order_paid.send(sender=None)

    assert read_log() == []
    assert not order_paid.has_listeners()


def test_an_attachment_outlives_the_names_of_its_signal_and_its_data(read_log):
    signal = Signal()
    seen = weakref.ref(signal)
    attach(signal, type="shop.a", data=lambda **arguments: {"n": 1})
    del signal
    gc.collect()
    seen().send(sender=None)

    assert [event["data"] for event in read_log()] == [{"n": 1}]


def test_receivers_that_were_there_before_run_after_the_event_was_recorded(transactional_db, stream):
    counted = []

    def count(**arguments):
        counted.append(EventRow.objects.count())

    signal = Signal()
    signal.connect(count)
    stream(signal)
    signal.connect(count, dispatch_uid="later")
    signal.send(sender=None)

    assert counted == [1, 1]


def test_a_signal_that_caches_its_receivers_is_recorded_from_the_next_send_on(stream, notes):
    signal = Signal(use_caching=True)
    signal.send(sender=User)
    stream(signal)
    signal.send(sender=User, note="a")

    assert notes() == ["a"]


def test_attaching_ten_thousand_times_leaves_nothing_behind():
    signal = Signal()
    attach(signal, type="shop.a")
    before = len(weakref.finalize._registry), len(attached)
    for _ in range(10_000):
        detach(signal)
        attach(signal, type="shop.a")

    assert (len(weakref.finalize._registry), len(attached)) == before
    assert signal.send(sender=None, signal_is_alone=True) == []
    detach(signal)
    assert signal.receivers == []


def test_the_demo_streams_the_school_and_who_signs_in():
    types = {attachment.type for attachment in attachments()}

    assert types == {
        "academy.order_paid",
        "academy.course_completed",
        "academy.profile_verified",
        "auth.user_logged_in",
    }
    assert user_logged_in in attached


def test_a_sign_in_is_an_event_without_the_request(client, read_log):
    user = User.objects.create_user("nora", password="s3cret")
    assert client.login(username="nora", password="s3cret")

    [event] = read_log()
    assert (event["type"], event["sender"]) == ("auth.user_logged_in", "auth.User")
    assert event["data"]["user"] == {"model": "auth.user", "pk": user.pk}
    assert event["data"]["request"]["$mark"] == "unsupported"


def test_a_text_is_no_signal():
    with pytest.raises(ValueError, match="'shop.signals.paid' is a text: attach the signal itself"):
        attach("shop.signals.paid", type="shop.paid")


@pytest.mark.parametrize("type", ["", "x" * 256, "shop.order\npaid", "shop.\x00", 7, b"a", None])
def test_a_type_that_no_event_can_have_is_refused(stream, type):
    with pytest.raises(ValueError, match="is no event type: write 1 to 255 printable characters"):
        stream(type=type)


async def answered_later(sender, **arguments):
    return {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"data": "note"}, "'note' is no function"),
        ({"data": answered_later}, "answered_later at .* is no function that makes the payload, in the sender's call"),
        ({"using": "elsewhere"}, "'elsewhere' is no database: .*default"),
    ],
    ids=["no function", "an async def", "no database"],
)
def test_what_would_only_fail_when_the_signal_is_sent_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        attach(Signal(), type="shop.a", **given)
