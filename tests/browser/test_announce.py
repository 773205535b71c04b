"""What a screen reader hears, on its own: short, polite, and not too often."""

SAY = """async (texts) => {
    const {announcer} = await import('/static/frontend/ui/announce.js');
    window.region ??= document.body.appendChild(document.createElement('p'));
    window.announce ??= announcer(region);
    texts.forEach(announce);
    return region.textContent;
}"""


def test_one_sentence_a_second_and_the_newest_wins(modules):
    modules.clock.install(time=0)
    modules.clock.pause_at(1000)
    assert modules.evaluate(SAY, ["Live"]) == "Live"
    assert modules.evaluate(SAY, ["Holding", "Following the newest"]) == "Live"

    modules.clock.run_for(999)
    assert modules.evaluate("region.textContent") == "Live"

    modules.clock.run_for(1)
    assert modules.evaluate("region.textContent") == "Following the newest"


def test_the_same_sentence_is_not_said_twice(modules):
    modules.evaluate(SAY, ["Live"])
    modules.evaluate("new MutationObserver(() => { window.changed = true; }).observe(region, {childList: true})")

    modules.evaluate(SAY, ["Live"])

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
