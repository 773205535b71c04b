"""What is shown of a model's instances, found once for each model and what it declares."""

from academy.models import Order
from events.shape import shape_of


def test_a_field_is_found_by_its_name_and_by_that_of_its_column():
    shape = shape_of(Order, ("amount", "student", "student_id", "nonsense"))

    assert (shape.label, shape.key) == ("academy.order", "id")
    assert [(name, column, foreign_key is not None) for name, column, foreign_key, _ in shape.fields] == [
        ("amount", "amount", False),
        ("student", "student_id", True),
        ("student_id", "student_id", False),
        ("nonsense", None, False),
    ]


def test_what_a_model_declares_may_change():
    assert shape_of(Order, ("amount",)).fields != shape_of(Order, ("amount", "student")).fields
    assert shape_of(Order, ("amount",)) is shape_of(Order, ("amount",))
