"""academy.simulation: real business, repeatable, within bounds."""

from django.contrib.auth.signals import user_logged_in

from academy.models import Certificate, Enrollment, Order, Profile
from academy.receivers import crm_is_down
from academy.signals import course_completed, order_paid, profile_verified
from academy.simulation import Simulation

SIGNALS = (order_paid, course_completed, profile_verified, user_logged_in)


def choices(hear, *, seed, steps):
    """What a simulation does, without what differs each time: keys, user names and times."""
    sold, completed = hear(order_paid), hear(course_completed)
    simulation = Simulation(seed=seed)
    committed = [simulation.step() for _ in range(steps)]
    return (
        committed,
        [(told["order"].student_name, told["order"].course_title) for told in sold],
        [(told["enrollment"].student_name, told["enrollment"].grade) for told in completed],
    )


def test_the_same_seed_makes_the_same_choices_on_whatever_database(db, hear):
    first = choices(hear, seed=7, steps=60)
    second = choices(hear, seed=7, steps=60)
    other = choices(hear, seed=8, steps=60)

    assert first == second
    assert first != other


def test_each_step_sends_one_signal_and_says_whether_it_committed(transactional_db, hear):
    sent = [hear(signal) for signal in SIGNALS]
    committed = [hear(signal, committed=True) for signal in SIGNALS]
    simulation = Simulation(seed=1)

    results = [simulation.step() for _ in range(120)]

    assert sum(map(len, sent)) == 120
    assert sum(map(len, committed)) == results.count(True)
    assert results.count(False) > 0
    assert all(committed)


def test_what_is_called_off_leaves_no_rows(transactional_db, hear):
    sold, completed, verified = (
        hear(signal, committed=True) for signal in (order_paid, course_completed, profile_verified)
    )
    simulation = Simulation(seed=2)

    for _ in range(120):
        simulation.step()

    assert Order.objects.count() == Enrollment.objects.count() == len(sold)
    assert Certificate.objects.count() == len(completed)
    assert Profile.objects.exclude(verified_at=None).count() == len(verified)


def test_a_full_school_stays_as_large_as_it_is(db):
    simulation = Simulation(seed=3, max_students=2)

    for _ in range(60):
        simulation.step()

    assert Profile.objects.count() == 2
    assert Order.objects.count() <= 2 * len(simulation.courses)


def test_the_crm_is_down_now_and_then_but_never_afterwards(db, caplog):
    simulation = Simulation(seed=4)

    for _ in range(80):
        simulation.step()

    assert "CrmUnavailable" in caplog.text
    assert crm_is_down.get() is False
