"""events.instance: what is in memory, and nothing else."""

from django.test.utils import isolate_apps

from academy.models import Course
from events.instance import memory, pk


@isolate_apps("academy")
def test_the_key_and_what_is_held_are_read_past_the_class():
    class Curious(Course):
        """Minds whoever looks at it."""

        class Meta:
            app_label = "academy"
            proxy = True

        def __getattribute__(self, name):
            raise AssertionError(f"somebody asked for {name}")

    instance = Course(pk=7, title="Baroque Cello")
    instance.__class__ = Curious

    assert pk(instance) == 7
    assert memory(instance)["title"] == "Baroque Cello"


def test_an_instance_that_was_never_saved_has_no_key():
    assert pk(Course()) is None
