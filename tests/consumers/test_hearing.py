"""consumers.hearing: what a client says, and the short way for what it says most."""

import pytest

from consumers.dialect import SignalcastV1
from consumers.hearing import Hearing
from consumers.protocol import Ack, CloseCode, Refused

ACK = '{"op":"ack","pos":5}'


class Client:
    is_closed = False

    async def say(self, frames):
        """Nothing is to be said in these tests."""
        raise AssertionError(frames)


class Delivery:
    """So far everything before position 5 was sent."""

    position = 5

    def __init__(self):
        self.acknowledged = []

    def acknowledge(self, ack):
        self.acknowledged.append(ack)


@pytest.fixture
def client():
    return Client()


@pytest.fixture
async def hearing(client):
    hearing = Hearing(client, SignalcastV1())
    hearing.delivery = Delivery()
    return hearing


async def test_an_acknowledgement_takes_no_turn_of_a_task(hearing):
    assert hearing.hear_at_once(ACK)

    assert hearing.delivery.acknowledged == [Ack(5)]


@pytest.mark.parametrize("text", ['{"op":"ack","pos":6}', '{"op":"ack"}', '{"op":"filter","filter":null}', "no JSON"])
async def test_what_is_none_or_is_wrong_waits_for_its_turn(hearing, text):
    assert not hearing.hear_at_once(text)

    assert hearing.delivery.acknowledged == []


async def test_so_does_one_before_the_welcome_and_one_of_a_client_that_goes(client, hearing):
    client.is_closed = True
    assert not hearing.hear_at_once(ACK)
    client.is_closed, hearing.delivery = False, None
    assert not hearing.hear_at_once(ACK)


async def test_acknowledgements_count_among_the_messages_of_a_second_by_either_way(hearing, settings):
    settings.SIGNALCAST = {"MAX_MESSAGES": 2}

    heard = [hearing.hear_at_once(ACK) for _ in range(3)]

    assert heard == [True, True, False]
    with pytest.raises(Refused) as refused:
        await hearing.hear(ACK)
    assert (refused.value.code, refused.value.limit) == (CloseCode.TOO_MANY, "messages")
