"""academy.admin: every book has its page."""

import pytest

from academy.models import Certificate, Course, Enrollment, Order, Profile
from academy.services import complete_course, pay_order


@pytest.mark.parametrize("model", [Certificate, Course, Enrollment, Order, Profile])
def test_each_model_has_a_list_and_a_form(admin_client, order, model):
    pay_order(order)
    complete_course(Enrollment.objects.get(), grade=90)
    address = f"/admin/academy/{model._meta.model_name}/"
    row = model.objects.get()

    assert str(getattr(row, "course_title", row)) in admin_client.get(address).content.decode()
    assert admin_client.get(f"{address}{row.pk}/change/").status_code == 200
