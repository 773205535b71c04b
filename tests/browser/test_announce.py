"""What a screen reader hears, on its own: short, polite, and not too often."""

SAY = """async (texts) => {
    const {announcer} = await import('/static/frontend/ui/announce.js');
    window.region ??= document.body.appendChild(document.createElement('p'));
    window.announce ??= announcer(region);
    texts.forEach(([text, about]) => announce(text, about));
    return region.textContent;
}"""


def test_one_sentence_a_second_and_the_newest_wins(modules):
    modules.clock.install(time=0)
    modules.clock.pause_at(1000)
    assert modules.evaluate(SAY, [["Live"]]) == "Live"
    assert modules.evaluate(SAY, [["Holding"], ["Following the newest"]]) == "Live"

    modules.clock.run_for(999)
    assert modules.evaluate("region.textContent") == "Live"

    modules.clock.run_for(1)
    assert modules.evaluate("region.textContent") == "Following the newest"


def test_an_answer_is_said_before_the_states_that_wait_and_no_state_takes_its_place(modules):
    modules.clock.install(time=0)
    modules.clock.pause_at(1000)
    modules.evaluate(
        SAY, [["Live", "conn"], ["Holding", "hold"], ["Copied"], ["Following", "hold"], ["Holding", "hold"]]
    )

    heard = ["Live"]
    for _ in range(3):
        modules.clock.run_for(1000)
        heard.append(modules.evaluate("region.textContent"))

    assert heard == ["Live", "Copied", "Holding", "Holding"]


def test_the_same_sentence_is_not_said_twice(modules):
    modules.evaluate(SAY, [["Live"]])
    modules.evaluate("new MutationObserver(() => { window.changed = true; }).observe(region, {childList: true})")

    modules.evaluate(SAY, [["Live"]])

    assert modules.evaluate("window.changed") is None


def test_who_wants_to_hear_nothing_hears_nothing(modules):
    said = modules.evaluate("""async () => {
        const {announcer} = await import('/static/frontend/ui/announce.js');
        const region = document.body.appendChild(document.createElement('p'));
        let wanted = false;
        const announce = announcer(region, () => wanted);
        announce('Live');
        const silent = region.textContent;
        wanted = true;
        announce('Holding');
        return [silent, region.textContent];
    }""")

    assert said == ["", "Holding"]


DIGEST = """async ([mode, steps]) => {
    const {Digest} = await import('/static/frontend/ui/digest.js');
    const store = {events: 100, failed: 9}, said = [];
    let at = 0;
    const announce = (text) => said.push(`${at}: ${text}`);
    const digest = new Digest({store, announce, wanted: () => mode, now: () => at * 1000});
    for (const [seconds, events, failed] of steps) {
        at = seconds;
        store.events += events;
        store.failed += failed;
        digest.speak();
    }
    return said;
}"""
STEPS = [[0, 0, 0], [4, 10, 0], [6, 202, 3], [11, 1, 0], [29, 1, 0], [31, 0, 0], [61, 0, 0], [90, 1, 1], [92, 0, 0]]


def test_a_summary_is_said_every_thirty_seconds_where_anything_came(modules):
    assert modules.evaluate(DIGEST, ["summary", STEPS]) == ["31: 214 events, 3 failed", "92: 1 event, 1 failed"]


def test_failures_are_said_alone_and_not_more_often_than_every_five_seconds(modules):
    said = modules.evaluate(DIGEST, ["failures", STEPS])

    assert said == ["6: Receivers failed for 3 events", "90: Receivers failed for 1 event"]


def test_changes_alone_say_nothing_of_events(modules):
    assert modules.evaluate(DIGEST, ["changes", STEPS]) == modules.evaluate(DIGEST, ["off", STEPS]) == []
