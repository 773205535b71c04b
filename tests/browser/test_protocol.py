"""The wire as the browser reads and writes it: the same golden frames as the server's tests."""

import json
from pathlib import Path

FRAMES = json.loads((Path(__file__).parents[1] / "frames.json").read_text())
BY_SERVER = [frame for frame in FRAMES if frame["direction"] == "server"]
BY_CLIENT = [frame for frame in FRAMES if frame["direction"] == "client"]

READ = """async (frame) => {
    const {parse} = await import('/static/frontend/lib/protocol.js');
    const {lines, ...message} = parse(frame);
    const parsed = lines?.map((line) => JSON.parse(line)), name = message.op === 'batch' ? 'events' : 'lines';
    return JSON.stringify(lines ? {...message, [name]: parsed} : message);
}"""

WRITE = """async (message) => {
    const protocol = await import('/static/frontend/lib/protocol.js');
    if (message.op === 'ack') return protocol.ack(message.pos);
    if (message.op === 'filter') return protocol.filter(message.filter);
    return protocol.hello(message);
}"""


def test_every_golden_frame_of_the_server_is_understood(modules):
    for frame in BY_SERVER:
        # As floats, since Python's integers are exact where JavaScript's are not.
        expected = json.loads(json.dumps(frame["parsed"]), parse_int=float)

        assert json.loads(modules.evaluate(READ, frame["frame"]), parse_int=float) == expected, frame["name"]


def test_every_golden_frame_of_the_client_is_written_to_the_letter(modules):
    for frame in BY_CLIENT:
        assert modules.evaluate(WRITE, frame["parsed"]) == frame["frame"], frame["name"]


def test_the_lines_of_a_batch_stay_as_they_came(modules):
    frame = next(frame["frame"] for frame in BY_SERVER if "9223372036854775808" in frame["frame"])

    lines = modules.evaluate(
        "async (frame) => (await import('/static/frontend/lib/protocol.js')).parse(frame).lines", frame
    )

    assert lines == frame.split("\n")[1:]


def test_which_close_codes_a_client_comes_back_after(modules):
    back = [1000, 1005, 1006, 1011, 3000, 4000, 4008, 4012, 4013, 4399, 5000]
    away = [4400, 4401, 4403, 4404, 4406, 4999]

    found = modules.evaluate(COMES_BACK, back + away)

    assert found == [True] * len(back) + [False] * len(away)


COMES_BACK = "async (codes) => codes.map((await import('/static/frontend/lib/protocol.js')).comesBack)"
