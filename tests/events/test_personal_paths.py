"""*declared*: nothing is seen of what an attachment's paths lead to, whatever a payload holds, and all else stays."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.event import Event, new_id, now
from events.payload import describe
from events.personal import MARK, without_personal
from events.summary import summarise

CANARY = "canary-7f3a"
HOSTILE = [
    '"personal":"#/a"',
    ',"data":',
    '","data":{"a":"',
    "#/a",
    "personal",
    "$mark",
    "a (str)",
    " ",
    "~1",
    "a.b",
    "é/☃",
]
# Nobody writes a path to what has no name: NUL and surrogates are other characters by then.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(HOSTILE)
NAMES = TEXT.filter(lambda name: all(name.split(".")))
SECRETS = st.sampled_from([CANARY, f"☃ {CANARY}\0", {CANARY: 1}, [1, [CANARY]], {"a": {"b": CANARY}}])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    PLAIN | SECRETS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.integers(), inner, max_size=4),
    max_leaves=12,
)


def paths_to_secrets(value, path=()):
    """As somebody would write them: the names on the way, and none for the members of a list."""
    if isinstance(value, list) and CANARY not in value:
        return {found for item in value for found in paths_to_secrets(item, path)}
    if isinstance(value, dict) and CANARY not in value:
        return {found for name, item in value.items() for found in paths_to_secrets(item, (*path, str(name)))}
    return {".".join(path)} if CANARY in str(value) else set()


def is_the_same_but_for_marks(seen, sent):
    if seen == MARK:
        return True
    if isinstance(sent, list):
        return len(seen) == len(sent) and all(map(is_the_same_but_for_marks, seen, sent))
    if isinstance(sent, dict):
        return list(seen) == list(sent) and all(is_the_same_but_for_marks(seen[name], sent[name]) for name in sent)
    return (type(seen), seen) == (type(sent), sent)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, VALUES, max_size=5), st.sampled_from([65_536, 300]))
def test_no_path_is_too_long_or_too_strange(arguments, limit):
    payload = describe(arguments, limit=limit, personal=tuple(paths_to_secrets(arguments)))
    known = {"data": payload.text, "summary": payload.summary, "degraded": payload.degraded}
    time = now()
    event = Event(id=new_id(time), stream="main", type="t", source="/s", time=time, personal=payload.personal, **known)

    seen = without_personal(event.encode())

    assert CANARY not in seen
    before, after = json.loads(event.encode()), json.loads(seen)
    left = after.pop("data")
    assert is_the_same_but_for_marks(left, before.pop("data"))
    assert after.pop("summary", "") == ("" if left == MARK else summarise(left))
    before.pop("summary", None)
    assert after == before
