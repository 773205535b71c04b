"""Scrolling back past what the page holds: older events come from the server, and nothing on the screen moves."""

PARTS = """async () => {
    const {Store} = await import('/static/frontend/core/store.js');
    const {View} = await import('/static/frontend/core/view.js');
    const line = (n) => JSON.stringify({type: n % 10 ? 'a.b' : 'a.ten', sequence: String(n), time: '', summary: `s${n}`});
    const shown = (view) => {
        const ranks = Array.from({length: view.next - view.first}, (_, i) => view.first + i);
        return ranks.map((rank) => view.store.at(view.at(rank)).position);
    };
    Object.assign(window, {Store, View, line, shown});
}"""


def test_a_store_grows_at_its_old_end_and_lets_the_newest_go(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({capacity: 30, start: 1001});
        for (let n = 1001; n <= 1010; n += 1) store.push(line(n));
        for (let n = 1000; n > 970; n -= 1) store.unshift(line(n));
        const old = [store.first, store.next, store.at(971).summary, store.find(1000), store.find(1001)];
        for (let n = 1001; n <= 1005; n += 1) store.push(line(n));
        return [old, [store.first, store.next, store.find(976), store.find(975)], store.events - store.dropped];
    }""")

    assert result == [[971, 1001, "s971", 1000, None], [976, 1006, 976, None], 30]


def test_what_a_view_shows_follows_the_store_at_both_ends(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({capacity: 50, start: 1001});
        const view = new View(store, ({type}) => type === 'a.ten');
        const seen = [];
        const look = () => { view.catchUp(1000); seen.push(shown(view)); };
        for (let n = 1001; n <= 1040; n += 1) store.push(line(n));
        look();
        for (let n = 1000; n > 960; n -= 1) store.unshift(line(n));
        look();
        for (let n = 1011; n <= 1020; n += 1) store.push(line(n));
        look();
        return seen;
    }""")

    assert result == [[1010, 1020, 1030, 1040], [970, 980, 990, 1000, 1010], [980, 990, 1000, 1010, 1020]]


def test_a_store_that_grows_at_its_old_end_is_bounded_in_bytes_too(modules):
    modules.evaluate(PARTS)
    result = modules.evaluate("""() => {
        const store = new Store({budget: 1e6, start: 1000});
        const large = JSON.stringify({type: 'a.b', data: 'x'.repeat(50000)});
        for (let n = 0; n < 100; n += 1) store.unshift(large);
        return [store.bytes <= 1e6, store.size, store.first];
    }""")

    assert result == [True, 19, 900]
