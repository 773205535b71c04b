"""events.management: `manage.py emit`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from academy.models import Course


@pytest.fixture
def emit(transactional_db):
    def emit(*words):
        out = StringIO()
        call_command("emit", *words, stdout=out)
        return out.getvalue()

    return emit


@pytest.fixture
def course(transactional_db):
    return Course.objects.create(slug="a", title="Typography I", price=129)


def test_it_sends_objects_json_and_text(emit, course, order_paid, read_log):
    said = emit(
        "shop.order_paid",
        f"course=academy.Course:{course.pk}",
        "count=3",
        "paid=true",
        "user=null",
        'tags=["a", "b"]',
        "note=hello",
        "empty=",
        "sum=1=1",
        'text="academy.Course:1"',
    )

    [event] = read_log()
    reference = event["data"].pop("course")
    assert (reference["model"], reference["pk"]) == ("academy.course", course.pk)
    assert event["data"] == {
        "count": 3,
        "paid": True,
        "user": None,
        "tags": ["a", "b"],
        "note": "hello",
        "empty": "",
        "sum": "1=1",
        "text": "academy.Course:1",
    }
    assert (event["sender"], event["subject"]) == ("academy.Course", f"academy.course/{course.pk}")
    assert said == "Sent shop.order_paid to 0 receivers.\n"


def test_without_an_object_there_is_no_sender(emit, order_paid, read_log):
    emit("shop.order_paid")

    assert "sender" not in read_log()[0]


def test_it_says_how_many_received_it(emit, order_paid):
    def receive(**arguments):
        pass

    order_paid.connect(receive)

    assert emit("shop.order_paid") == "Sent shop.order_paid to 1 receiver.\n"


def test_receivers_that_fail_are_named_and_the_event_is_recorded_all_the_same(emit, order_paid, read_log):
    def fail(**arguments):
        raise LookupError("as arranged")

    order_paid.connect(fail)
    with pytest.raises(CommandError, match=r"1 of them failed: .*fail raised LookupError\('as arranged'\)\."):
        emit("shop.order_paid")

    assert len(read_log()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shop.nothing"], "there are: academy.order_paid, academy.course_completed"),
        (["shop.order_paid", "course=academy.Nothing:1"], "There is no model academy.Nothing. There are: academy.Cert"),
        (["shop.order_paid", "course=nowhere.Course:1"], "There is no model nowhere.Course. There are: academy.Cert"),
        (["shop.order_paid", "course=academy.Course:999"], "There is no academy.Course 999. There are: none."),
        (["shop.order_paid", "course=academy.Course:x"], "There is no academy.Course x. There are: none."),
        (["shop.order_paid", "course=academy.Course:9999999999999999999999"], "There are: none."),
        (["shop.order_paid", "hello"], "write name=value"),
        (["shop.order_paid", "=hello"], "write name=value"),
        (["shop.order_paid", "a-b=hello"], "write name=value"),
        (["shop.order_paid", "sender=x"], "the sender is the class of the first object"),
        (["shop.order_paid", "signal=x"], "is not an argument"),
        (["shop.order_paid", "self=x"], "is not an argument"),
        (["shop.order_paid", "a=1", "a=2"], "'a' is given twice"),
        (["shop.order_paid", "note=a.b:c"], """For a string, write it in JSON: '"a.b:c"'."""),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_does_not_exist_gets_a_list_of_what_does(emit, order_paid, read_log, words, said):
    with pytest.raises(CommandError) as caught:
        emit(*words)

    assert said in str(caught.value)
    assert read_log() == []


def test_the_keys_that_exist_are_listed(emit, order_paid, course):
    with pytest.raises(CommandError, match=rf"There are: {course.pk}\."):
        emit("shop.order_paid", f"course=academy.Course:{course.pk + 1}")


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5000, "{", "NaN"], ids=["deep", "digits", "cut", "NaN"])
def test_what_is_no_json_is_text_or_a_mark(emit, order_paid, read_log, value):
    emit("shop.order_paid", f"note={value}")

    assert len(read_log()) == 1
