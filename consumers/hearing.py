"""What one client says, and what comes of it: its hello, acknowledgements, other filters, and complaints."""

import asyncio

from events.event import now
from events.settings import current

from . import filter as filters
from .clientmessage import parse
from .delivery import Client, Delivery
from .dialect import Dialect
from .limits import Rate, of_filters, of_messages
from .protocol import Ack, CloseCode, Hello, Refused, SetFilter, bad_request

MAX_COMPLAINTS = 100


class Hearing:
    """One client's, from the handshake on."""

    __slots__ = ("delivery", "hello", "_client", "_complaints", "_dialect", "_rate")

    def __init__(self, client: Client, dialect: Dialect) -> None:
        self.hello: asyncio.Future[Hello] = asyncio.get_running_loop().create_future()
        self.delivery: Delivery | None = None
        """What there is to acknowledge, and to filter: from the welcome on."""
        self._client = client
        self._dialect = dialect
        self._complaints = 0
        self._rate: Rate | None = None

    async def hear(self, text: str | None) -> None:
        """A message; None is one that is no text. Raises Refused."""
        self._count()
        if not self._dialect.answers:
            return await self._complain("Nothing that you send is read here.")
        if text is None:
            raise bad_request("Messages are text frames.")
        parsed = parse(text, of_messages())
        if isinstance(parsed, Hello):
            if self.hello.done():
                raise bad_request("hello was said already.")
            self.hello.set_result(parsed)
        elif self.delivery is None:
            raise bad_request("Say hello, and wait for the welcome.")
        elif isinstance(parsed, Ack):
            await self._acknowledge(parsed, self.delivery)
        else:
            await self._change_filter(parsed, self.delivery)

    def hear_at_once(self, text: str) -> bool:
        """Acknowledgements, most of what is said, need no turn of a task. Whether this was one, and is right."""
        try:
            parsed = None if self._client.is_closed else parse(text)
            if not isinstance(parsed, Ack) or self.delivery is None or parsed.position > self.delivery.position:
                return False
            self._count()
        except Refused:
            return False
        self.delivery.acknowledge(parsed)
        return True

    def _count(self) -> None:
        most = current().MAX_MESSAGES
        now = asyncio.get_running_loop().time()
        self._rate = self._rate or Rate(most, now)
        if not self._rate.take(most, now):
            raise Refused(CloseCode.TOO_MANY, f"You may send {most} messages a second at most.", limit="messages")

    async def _acknowledge(self, ack: Ack, delivery: Delivery) -> None:
        if ack.position > delivery.position:
            so_far = f"so far everything before {delivery.position} was sent"
            return await self._complain(f"ack.pos is {ack.position}; {so_far}.")
        delivery.acknowledge(ack)

    async def _change_filter(self, wanted: SetFilter, delivery: Delivery) -> None:
        try:
            delivery.change_filter(filters.parse(wanted.filter, of_filters()))
        except filters.InvalidFilter as error:
            await self._complain(f"{error}. The filter stays as it was.")

    async def _complain(self, message: str) -> None:
        """Say what was wrong, and go on: not for ever, since complaints have no window."""
        self._complaints += 1
        if self._complaints > MAX_COMPLAINTS:
            raise bad_request(f"{message} That was said {MAX_COMPLAINTS} times.")
        await self._client.say(self._dialect.error(0, message, now()))
