from sandbox.simulation.agenda import Agenda
from sandbox.state.store import Ref

ONE, TWO = Ref("pods", "default", "one"), Ref("pods", "default", "two")


def test_object_is_taken_once() -> None:
    agenda = Agenda()
    agenda.add(ONE)
    agenda.add(ONE)
    assert (agenda.take(0), agenda.take(0)) == (ONE, None)


def test_later_object_waits_for_its_instant() -> None:
    agenda = Agenda()
    agenda.add_at(ONE, 5)
    assert (agenda.take(4), agenda.next_at(), agenda.take(5)) == (None, 5, ONE)


def test_new_appointment_replaces_the_old() -> None:
    agenda = Agenda()
    agenda.add_at(ONE, 5)
    agenda.add_at(ONE, 9)
    assert (agenda.take(5), agenda.take(9)) == (None, ONE)


def test_cancelled_appointment_never_comes() -> None:
    agenda = Agenda()
    agenda.add_at(ONE, 5)
    agenda.add_at(TWO, 6)
    agenda.cancel(ONE)
    assert (agenda.next_at(), agenda.take(9), agenda.take(9)) == (6, TWO, None)
