"""What a client is told of notes: each once, after its event, and nothing of an event that it was not sent."""

import json
import random

import pytest

from consumers.batch import Batch
from consumers.filter import EVERYTHING, any_of, parse
from consumers.noteframe import NoteFrame
from consumers.protocol import FRAME_BYTES, FRAME_EVENTS, Gap, Hello
from consumers.sight import FULL, Sight

from .memory import MemoryLog

PAID = parse(any_of("type", ["academy.order_paid"]))
DONE = parse(any_of("type", ["academy.course_completed"]))
WITHOUT_PERSONAL = Sight("without personal data", personal=False)


class Reader:
    """Somebody who takes all there is, and remembers in which order it came."""

    def __init__(self, subscription, gap=None):
        self.subscription = subscription
        self.frames = []
        self.told = []

    async def read(self, limit=1000):
        """Until nothing is left."""
        while (found := await self._next(limit)) or not self.subscription.is_done:
            if found:
                self._remember(found)
            else:
                await self.subscription.wait()
        return self

    async def read_one(self, limit=1000):
        if found := await self._next(limit):
            self._remember(found)

    def read_at_once(self, limit=1000):
        while found := self.subscription.notes_at_once() or self.subscription.take_at_once(limit):
            self._remember(found)
        return self

    async def _next(self, limit):
        return await self.subscription.take_notes() or await self.subscription.take(limit)

    def _remember(self, found):
        self.frames.append(found)
        if isinstance(found, NoteFrame):
            self.told += [("note", json.loads(line)["pos"]) for line in found.lines if found.kind == "reactions"]
            self.told += [
                ("ghost", json.loads(line)["data"]["number"]) for line in found.lines if found.kind == "ghost"
            ]
        elif isinstance(found, Batch):
            self.told += [("event", entry.position) for entry in found.entries]

    @property
    def notes(self):
        return [position for what, position in self.told if what != "event"]

    @property
    def lines(self):
        return [json.loads(line) for frame in self.frames if isinstance(frame, NoteFrame) for line in frame.lines]


@pytest.fixture
def log():
    log = MemoryLog(events=10)
    log.interval = 60
    return log


@pytest.fixture
async def join(start_hub, log):
    """Somebody who follows the hub as `hello` says."""
    joined = []

    async def join(hub, start=1, filter=EVERYTHING, sight=FULL, gap=None, oldest=1, **hello):
        subscribed = hub.subscribe(filter, start, sight)
        subscription = subscribed.__enter__()
        subscription.follow_notes(hub.notebook, Hello(**hello), oldest=oldest, gap=gap)
        joined.append(subscribed)
        return Reader(subscription)

    yield join

    for subscribed in joined:
        subscribed.__exit__(None, None, None)


async def test_what_receivers_did_is_told_after_the_event_and_once(start_hub, log, join):
    hub = await start_hub(log)
    live = await join(hub, 11)
    log.append(2)
    await hub.catch_up()
    await live.read()
    log.note(11, 12)
    await hub.catch_up()
    await live.read()
    log.note(11)
    await hub.catch_up()

    await live.read()

    assert live.told == [("event", 11), ("event", 12), ("note", 11), ("note", 12), ("note", 11)]
    assert [frame.after for frame in live.frames[1:]] == [2, 3]


async def test_a_search_through_many_notes_is_broken_off_when_something_has_changed(start_hub, log, join, monkeypatch):
    monkeypatch.setattr("consumers.notebook.PAGE", 2)
    log.note(*range(1, 11))
    hub = await start_hub(log)
    hub.notebook._ring.clear(11, 10)
    subscription = (await join(hub, 11, DONE, reactions_after=0)).subscription
    subscription.wake()

    assert await subscription.take_notes() is None

    assert subscription.notes.is_behind
    assert subscription.notes.skip().after == 2
    await subscription.wait()
    assert await subscription.take_notes() is None
    assert not subscription.notes.is_behind


async def test_the_same_within_a_round(start_hub, log, join):
    hub = await start_hub(log)
    live = await join(hub, 11)
    log.append(2)
    log.note(11, 12)

    await hub.catch_up()
    live.read_at_once()

    assert live.told == [("event", 11), ("event", 12), ("note", 11), ("note", 12)]
    assert live.subscription.is_done


async def test_nothing_is_told_of_an_event_before_it_was_sent(start_hub, log, join):
    hub = await start_hub(log)
    slow = await join(hub, 11)
    log.append(4)
    log.note(14, 11, 12)
    await hub.catch_up()
    await slow.read_one(limit=2)
    await slow.read_one(limit=2)
    await slow.read_one(limit=2)

    await slow.read(limit=2)

    assert slow.told == [
        *[("event", 11), ("event", 12), ("note", 11), ("note", 12)],
        *[("event", 13), ("event", 14), ("note", 14)],
    ]


async def test_what_was_noted_before_is_told_right_after_its_batch(start_hub, log, join):
    log.note(*range(1, 11), 3)
    hub = await start_hub(log)
    hub._ring.clear(11)

    replay = await (await join(hub, 3)).read(limit=4)

    assert replay.told == [
        *[("event", number) for number in (3, 4, 5, 6)],
        *[("note", number) for number in (3, 3, 4, 5, 6)],
        *[("event", number) for number in (7, 8, 9, 10)],
        *[("note", number) for number in (7, 8, 9, 10)],
    ]
    assert {frame.after for frame in replay.frames if isinstance(frame, NoteFrame)} == {11}


async def test_a_client_that_comes_back_is_told_first_what_was_noted_meanwhile_of_what_it_has(start_hub, log, join):
    log.note(*range(1, 9))
    hub = await start_hub(log)
    # It had 1 to 6, and was told up to the fourth note.
    log.append(2)
    log.note(3, 6, 9, 12)
    await hub.catch_up()

    back = await (await join(hub, 7, reactions_after=4)).read()

    assert back.told == [
        *[("note", number) for number in (5, 6, 3, 6)],
        *[("event", number) for number in range(7, 13)],
        *[("note", number) for number in (7, 8, 9, 12)],
    ]
    assert back.frames[0].after == 12


async def test_who_does_not_say_where_it_was_is_told_of_nothing_from_before_its_position(start_hub, log, join):
    hub = await start_hub(log)
    new = await join(hub, 8)
    await new.read()
    log.note(7, 8)
    await hub.catch_up()

    await new.read()

    assert new.notes == [8]


async def test_who_wants_none_gets_none(start_hub, log, join):
    log.note(1, 2, 3)
    hub = await start_hub(log)

    quiet = await (await join(hub, 1, reactions=False)).read()

    assert (quiet.subscription.notes, quiet.notes) == (None, [])


async def test_notes_of_what_the_filter_hides_are_not_told(start_hub, log, join):
    log.append(3, type="academy.course_completed")
    log.note(*range(1, 14))
    hub = await start_hub(log)
    done = await join(hub, 1, DONE)

    await done.read()
    log.note(5, 12)
    await hub.catch_up()
    await done.read()

    assert done.notes == [11, 12, 13, 12]


async def test_after_a_change_of_the_filter_both_must_let_it_through(start_hub, log, join):
    log.append(3, type="academy.course_completed")
    hub = await start_hub(log)
    reader = await join(hub, 1, PAID)
    await reader.read()
    reader.subscription.skip()

    reader.subscription.change_filter(DONE)
    log.append(1, type="academy.course_completed")
    log.note(1, 12, 14)
    await hub.catch_up()
    await reader.read()
    reader.subscription.change_filter(EVERYTHING)
    log.note(1, 11, 14)
    await hub.catch_up()
    await reader.read()

    # 1 was sent, and is hidden by the second filter; 12 was never sent.
    assert reader.notes == [14, 1, 14]


async def test_what_was_under_way_when_the_filter_changed_is_held_against_the_new_one(start_hub, log, join):
    log.note(*range(1, 11))
    hub = await start_hub(log)
    reader = await join(hub, 1)
    await reader.read_one()

    reader.subscription.change_filter(DONE)
    await reader.read()

    assert reader.notes == []


async def test_more_changes_than_are_remembered_cost_the_notes_of_old_events(start_hub, log, join):
    hub = await start_hub(log)
    reader = await join(hub, 1)
    await reader.read()
    for number in range(20):
        log.append(1)
        await hub.catch_up()
        await reader.read()
        reader.subscription.change_filter((PAID, EVERYTHING)[number % 2])
    log.note(1, 23, 24, 30)
    await hub.catch_up()

    await reader.read()

    assert reader.notes == [24, 30]


async def test_rights_that_are_looked_up_anew_and_are_the_same_cost_no_notes(start_hub, log, join):
    hub = await start_hub(log)
    reader = await join(hub, 1, sight=policy(0))
    await reader.read()
    for number in range(1, 21):
        log.append(1, type="shop.sold" if number % 3 == 0 else "academy.order_paid")
        await hub.catch_up()
        await reader.read()
        reader.subscription.change_sight(policy(number))
    log.note(1, 12, 13, 24, 30)
    await hub.catch_up()

    await reader.read()

    # 13 is not seen.
    assert reader.notes == [1, 12, 24, 30]
    assert len(reader.subscription.notes._spans) <= 2


async def test_what_was_not_seen_once_is_not_told_though_it_is_seen_later(start_hub, log, join):
    hub = await start_hub(log)
    reader = await join(hub, 1, sight=policy(0))
    for number in range(1, 6):
        log.append(1, type="shop.sold")
        await hub.catch_up()
        await reader.read()
        reader.subscription.change_sight(policy(number, "academy.", "shop." if number > 2 else "academy."))
    log.note(1, 11, 12, 13, 14, 15)
    await hub.catch_up()

    await reader.read()

    assert reader.notes == [1, 14, 15]


def policy(number, *prefixes):
    """What a project's policy allows, as it is made anew with each look at the rights."""

    async def ask(types):
        return {type: type.startswith(prefixes or "academy.") for type in types}

    return Sight(("policy", number), ask=ask)


async def test_notes_of_what_may_not_be_seen_are_not_told(start_hub, log, join):
    log.append(3, type="academy.course_completed")
    log.note(*range(1, 14))
    hub = await start_hub(log)
    sight = Sight("done", allows=lambda type: type == "academy.course_completed")
    reader = await join(hub, 1, sight=sight)

    await reader.read()
    log.note(2, 11)
    await hub.catch_up()
    await reader.read()
    reader.subscription.change_sight(FULL)
    log.note(3, 12)
    await hub.catch_up()
    await reader.read()

    # 3 was not seen when it was its turn.
    assert reader.notes == [11, 12, 13, 11, 12]


async def test_who_loses_the_right_is_told_nothing_more(start_hub, log, join):
    hub = await start_hub(log)
    reader = await (await join(hub, 1)).read()
    log.note(2, 3)
    await hub.catch_up()

    reader.subscription.change_sight(Sight("nothing", allows=lambda type: False))
    await reader.read()

    assert reader.notes == []


async def test_a_projects_policy_is_asked_before_anything_is_told(start_hub, log, join):
    asked = []

    async def ask(types):
        asked.append(list(types))
        return {type: type.startswith("academy.") for type in types}

    log.note(3)
    log.ghost(1, type="shop.sold")
    log.ghost(2)
    hub = await start_hub(log)
    reader = await join(hub, 11, sight=Sight("policy", ask=ask), reactions_after=0, ghosts=True)

    assert reader.read_at_once().notes == []
    await reader.read()

    assert reader.notes == [3, 2]
    assert asked == [["academy.order_paid", "shop.sold"]]


async def test_a_policy_that_is_asked_anew_is_asked_of_what_was_sent_just_before(start_hub, log, join):
    async def ask(types):
        return dict.fromkeys(types, True)

    log.note(3)
    hub = await start_hub(log)
    reader = await join(hub, 1, sight=Sight(1, ask=ask))
    await reader.read_one()

    reader.subscription.change_sight(Sight(2, ask=ask))
    assert reader.read_at_once().notes == []
    await reader.read()

    assert reader.notes == [3]


async def test_whoever_may_see_no_personal_data_is_told_the_type_of_an_exception_alone(start_hub, log, join):
    log.note(3, outcome="raised", error="Unavailable: mei@example.com", traceback="mei")
    log.note(4, outcome="raised", error="KeyError: 'mei'")
    hub = await start_hub(log)

    masked = await (await join(hub, 4, sight=WITHOUT_PERSONAL, reactions_after=0)).read()
    whole = await (await join(hub, 4, reactions_after=0)).read()

    assert [line["reactions"][0]["error"] for line in masked.lines] == ["Unavailable", "KeyError"]
    assert "mei" not in json.dumps(masked.lines)
    assert [line["reactions"][0]["error"] for line in whole.lines][1] == "KeyError: 'mei'"


async def test_ghosts_are_told_to_those_who_ask_and_as_the_filter_and_the_sight_let_them_through(start_hub, log, join):
    hub = await start_hub(log)
    readers = {
        "asked": await join(hub, 11, ghosts=True),
        "did not": await join(hub, 11),
        "ghosts alone": await join(hub, 11, ghosts=True, reactions=False),
        "filter": await join(hub, 11, DONE, ghosts=True),
        "sight": await join(hub, 11, sight=Sight("done", allows=DONE.key.__contains__), ghosts=True),
    }
    log.append(1)
    log.note(11)
    log.ghost(1)
    log.ghost(2, type="academy.course_completed")
    log.note(11)
    await hub.catch_up()

    told = {name: reader.read_at_once().told for name, reader in readers.items()}

    assert told["asked"] == [("ghost", 1), ("ghost", 2), ("event", 11), ("note", 11), ("note", 11)]
    assert told["did not"] == [("event", 11), ("note", 11), ("note", 11)]
    assert told["ghosts alone"] == [("ghost", 1), ("ghost", 2), ("event", 11)]
    assert readers["filter"].notes == readers["sight"].notes == [2]


async def test_a_frame_has_notes_of_one_kind_and_says_how_far_it_goes(start_hub, log, join):
    log.note(1)
    log.ghost(1, 2)
    log.note(2)
    hub = await start_hub(log)

    reader = await (await join(hub, 11, reactions_after=0, ghosts=True)).read()

    assert [(frame.kind, frame.after, len(frame.lines)) for frame in reader.frames] == [
        ("reactions", 1, 1),
        ("ghost", 3, 2),
        ("reactions", 4, 1),
    ]


async def test_ghosts_are_masked_and_asked_for_as_they_are_seen(start_hub, log, join):
    log.ghost(1, personal="#/number", originuser="auth.user/7")
    hub = await start_hub(log)
    theirs = parse({"exact": {"originuser": "auth.user/7"}})

    masked = await join(hub, 11, sight=WITHOUT_PERSONAL, reactions_after=0, ghosts=True)
    probing = await join(hub, 11, theirs, sight=WITHOUT_PERSONAL, reactions_after=0, ghosts=True)
    whole = await join(hub, 11, theirs, reactions_after=0, ghosts=True)

    [line] = (await masked.read()).lines
    assert line["data"] == {"number": {"$mark": "personal"}} and "originuser" not in line
    assert (await probing.read()).lines == []
    assert (await whole.read()).lines[0]["originuser"] == "auth.user/7"


async def test_those_who_want_the_same_from_the_same_place_get_the_very_same_frame(start_hub, log, join):
    log.note(*range(1, 6))
    hub = await start_hub(log)
    early = [await join(hub, start) for start in (5, 6, 7)]
    for reader in early:
        await reader.read()
    log.append(1)
    log.note(11)
    await hub.catch_up()

    frames = [reader.read_at_once().frames[-1] for reader in early]

    assert frames[0] is frames[1] is frames[2]
    assert frames[0].prepared is frames[1].prepared


async def test_replays_share_their_frames_and_their_reads(start_hub, log, join):
    log.note(*range(1, 11))
    hub = await start_hub(log)
    log.calls.clear()

    readers = [await (await join(hub, 1)).read() for _ in range(20)]

    assert len({id(reader.frames[1]) for reader in readers}) == 1
    assert len([call for call in log.calls if call[0] == "notes of"]) == 0
    hub._ring.clear(11)
    hub.notebook._ring.clear(11, 10)
    readers = [await (await join(hub, 1)).read() for _ in range(20)]
    assert readers[-1].notes == list(range(1, 11))
    assert len([call for call in log.calls if call[0] == "notes of"]) == 1


async def test_a_frame_is_bounded_in_lines_and_in_bytes(start_hub, log, join):
    log.note(*[1] * 2500)
    log.note(*[2] * 50, size=20_000)
    hub = await start_hub(log)

    by_cursor = await (await join(hub, 11, reactions_after=0)).read()
    by_position = await (await join(hub, 1)).read()

    for reader in (by_cursor, by_position):
        frames = [frame for frame in reader.frames if isinstance(frame, NoteFrame)]
        assert all(len(frame.lines) <= FRAME_EVENTS and len(frame.frame) <= FRAME_BYTES for frame in frames)
    assert len(by_cursor.frames) >= 7
    assert by_cursor.notes == [1] * 2500 + [2] * 50
    # Of more notes of one event than a frame holds, the first have to do.
    assert set(by_position.notes) == {1, 2}


async def test_a_note_that_is_too_large_for_any_frame_is_left_out(start_hub, log, join):
    log.note(1, size=1_000_001)
    log.note(2, size=FRAME_BYTES)
    hub = await start_hub(log)

    reader = await (await join(hub, 11, reactions_after=0)).read()

    assert reader.notes == [2]


@pytest.mark.parametrize("size, conditions", [(20_000, 1), (100, 99)])
async def test_a_filter_that_reads_data_looks_into_so_much_in_one_go(start_hub, log, join, size, conditions):
    log.append(100, size=size)
    log.note(*range(11, 111))
    hub = await start_hub(log)
    filter = parse({"any": [{"gte": {"data.number": 50}}] * conditions})
    reader = await join(hub, 111, filter, reactions_after=0)

    await reader.read()

    assert reader.notes == list(range(50, 111))
    assert len(reader.frames) > 1


async def test_what_was_pruned_is_simply_gone_and_the_cursor_moves_on(start_hub, log, join):
    log.note(*range(1, 11))
    log.prune(5)
    log.prune_notes(7)
    hub = await start_hub(log)

    reader = await (await join(hub, 11, reactions_after=0)).read()

    assert reader.notes == [7, 8, 9, 10]
    assert reader.subscription.notes.after == 10


async def test_nothing_is_told_of_events_that_were_missed(start_hub, log, join):
    hub = await start_hub(log)
    slow = await join(hub, 3, reactions_after=0)
    log.note(4)
    await hub.catch_up()
    hub._ring.clear(11)
    log.prune(6)

    gap = await slow.subscription.take(1000)
    log.note(4, 7)
    await hub.catch_up()
    await slow.read()

    assert isinstance(gap, Gap)
    assert slow.notes == [7]


async def test_nothing_is_told_of_events_that_were_pruned_while_the_client_was_away(start_hub, log, join):
    hub = await start_hub(log)
    log.note(4, 7)
    await hub.catch_up()
    log.prune(6)

    # The first time there was a gap, the second time it had heard of it, and not yet of what was noted.
    gaps = (Gap(start=3, stop=6, reason="retention"), None)
    back = [await (await join(hub, 6, gap=gap, oldest=6, reactions_after=0)).read() for gap in gaps]

    assert [reader.notes for reader in back] == [[7], [7]]


async def test_the_notes_of_another_log_begin_where_that_is_now(start_hub, log, join):
    log.note(1, 2, 3)
    hub = await start_hub(log)
    gap = Gap(start=50, stop=1, reason="epoch")

    reader = await join(hub, 1, gap=gap, reactions_after=1)

    assert reader.subscription.notes.after == 3
    assert (await reader.read()).notes == [1, 2, 3]


async def test_a_cursor_beyond_the_end_is_taken_for_the_end(start_hub, log, join):
    log.note(1, 2, 3)
    hub = await start_hub(log)

    reader = await join(hub, 11, reactions_after=99)

    assert reader.subscription.notes.after == 3


async def test_a_table_that_was_emptied_begins_anew(start_hub, log, join):
    log.note(*range(1, 11))
    hub = await start_hub(log)
    reader = await (await join(hub, 1)).read()
    log.notes, log.noted = [], 0
    await hub.catch_up()
    assert reader.subscription.notes.is_behind
    log.note(4)
    await hub.catch_up()

    await reader.read()

    assert reader.notes == [*range(1, 11), 4]
    assert reader.frames[-1].after == 1


async def test_a_client_that_was_told_nothing_for_long_is_told_how_far_it_is(start_hub, log, join):
    hub = await start_hub(log)
    done = await (await join(hub, 11, DONE)).read()
    log.note(1, 2, 3)
    await hub.catch_up()
    await done.read()

    frame = done.subscription.notes.skip()

    assert frame.frame == '{"op":"reactions","after":3}'
    assert done.subscription.notes.skip() is None


@pytest.mark.parametrize("seed", range(30))
async def test_whatever_happens_in_which_order_each_note_is_told_once_after_its_event(
    start_hub, join, seed, monkeypatch
):
    chance = random.Random(seed)
    monkeypatch.setattr("consumers.notebook.LEAF", chance.choice([3, 7, 500]))
    monkeypatch.setattr("consumers.notebook.PAGE", chance.choice([2, 1000]))
    monkeypatch.setattr("consumers.notebook.BEFORE", chance.choice([0, 3, 1000]))
    log = MemoryLog(events=chance.randrange(30))
    log.interval = 60
    for _ in range(chance.randrange(20)):
        log.note(*chance.choices(range(1, log.head_position + 1), k=1 if log.head_position else 0))
    hub = await start_hub(log, ring=chance.choice([5, 100]))
    hub.notebook._ring._max_notes = chance.choice([3, 10, 1000])
    readers = [await join(hub, 1), await join(hub, hub.head + 1)]
    begins = hub.head + 1

    for _ in range(60):
        match chance.randrange(5):
            case 0:
                log.append(chance.randrange(1, 6))
            case 1 if log.head_position:
                log.note(chance.randrange(1, log.head_position + 1))
            case 2:
                await hub.catch_up()
            case 3:
                await chance.choice(readers).read_one(chance.randrange(1, 6))
            case 4:
                chance.choice(readers).read_at_once(chance.randrange(1, 6))
    await hub.catch_up()
    for reader in readers:
        await reader.read()

    for reader, begin in zip(readers, (1, begins), strict=True):
        expected = sorted(note.position for note in log.notes if note.position >= begin)
        assert sorted(reader.notes) == expected
        for index, (what, position) in enumerate(reader.told):
            assert what == "event" or ("event", position) in reader.told[:index]


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_changes_meanwhile_nothing_is_told_of_what_was_not_sent_or_is_hidden(start_hub, join, seed):
    chance = random.Random(seed)
    types = ("academy.order_paid", "academy.course_completed", "shop.sold")
    filters = [EVERYTHING, PAID, DONE, parse(any_of("type", ["academy.*"]))]
    sights = [
        FULL,
        Sight("academy", allows=lambda type: type.startswith("academy.")),
        Sight("shop", allows=types[2:].__contains__),
    ]
    log = MemoryLog()
    log.interval = 60
    hub = await start_hub(log, ring=chance.choice([5, 100]))
    reader = await join(hub)
    subscription = reader.subscription
    checked = 0

    for _ in range(80):
        match chance.randrange(6):
            case 0:
                log.append(chance.randrange(1, 4), type=chance.choice(types))
            case 1 if log.head_position:
                log.note(chance.randrange(1, log.head_position + 1))
            case 2:
                await hub.catch_up()
            case 3:
                await reader.read_one(chance.randrange(1, 4))
            case 4:
                reader.read_at_once(chance.randrange(1, 4))
            case 5 if chance.random() < 0.5:
                subscription.skip()
                subscription.change_filter(chance.choice(filters))
            case 5:
                anew = policy(chance.random(), *chance.choice([("academy.",), ("academy.", "shop.")]))
                subscription.change_sight(chance.choice([*sights, anew, anew]))
        for what, position in reader.told[checked:]:
            event = log.held[position - 1]
            assert what == "event" or (subscription.filter.matches(event) and subscription.sight.see(event))
        checked = len(reader.told)
    await reader.read()

    for index, (what, position) in enumerate(reader.told):
        assert what == "event" or ("event", position) in reader.told[:index]
    assert len(reader.notes) <= log.noted
