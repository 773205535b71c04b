"""events.declarations: what of a model's declarations no event could show."""

import pytest
from django.apps import apps

from academy.models import Course
from events.declarations import check_models


@pytest.mark.parametrize(
    ("declared", "id", "said", "hint"),
    [
        (
            "title",
            "E016",
            "Course.event_fields is 'title', no tuple of names.",
            'Write event_fields = ("amount",).',
        ),
        (7, "E016", "Course.event_fields is 7, no tuple of names.", "Write event_fields"),
        (("title", "tilte"), "W015", "Course.event_fields has 'tilte', which is no field", "one of id, slug, title,"),
        ((["title"],), "W015", "Course.event_fields has ['title'], which is no field", "one of id,"),
    ],
    ids=str,
)
def test_what_a_model_cannot_show_is_told(monkeypatch, declared, id, said, hint):
    monkeypatch.setattr(Course, "event_fields", declared, raising=False)

    [message] = check_models()

    assert message.id == f"signalcast.{id}"
    assert said in message.msg
    assert hint in message.hint


@pytest.fixture
def promoted_course():
    class PromotedCourse(Course):
        class Meta:
            proxy = True
            app_label = "academy"

    yield PromotedCourse
    del apps.all_models["academy"]["promotedcourse"]
    apps.clear_cache()


def test_what_a_proxy_has_from_its_model_is_told_once(monkeypatch, promoted_course):
    monkeypatch.setattr(Course, "event_fields", ("tilte",), raising=False)
    assert len(check_models()) == 1

    monkeypatch.setattr(promoted_course, "event_fields", ("titel",), raising=False)
    assert [message.msg.partition(",")[0].removeprefix("academy.") for message in check_models()] == [
        "Course.event_fields has 'tilte'",
        "PromotedCourse.event_fields has 'titel'",
    ]


@pytest.mark.parametrize("declared", [None, (), ["title"], ("id", "price"), {"title"}], ids=str)
def test_what_a_model_can_show_is_not_complained_about(monkeypatch, declared):
    monkeypatch.setattr(Course, "event_fields", declared, raising=False)

    assert check_models() == []
