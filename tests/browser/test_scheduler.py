"""The frame loop: what changed is drawn once, in the next frame or when its pause is over."""

TRIED = """async (act) => {
    const {Scheduler} = await import('/static/frontend/core/scheduler.js');
    const frames = [], drawn = [];
    const scheduler = new Scheduler({frame: (run) => frames.push(run)});
    scheduler.add('list', () => drawn.push('list'), () => true);
    scheduler.add('focus', () => drawn.push('focus'));
    const frame = (now) => frames.splice(0).forEach((run) => run(now));
    return new Function('scheduler', 'frame', 'frames', 'drawn', act)(scheduler, frame, frames, drawn);
}"""


def tried(modules, act):
    return modules.evaluate(TRIED, act)


def test_what_may_wait_asks_for_no_frame_while_it_waits(modules):
    asked = tried(
        modules,
        """
        scheduler.mark('list'); frame(1000);
        scheduler.mark('list'); frame(1010);
        for (let n = 0; n < 20; n += 1) scheduler.mark('list');
        return [frames.length, drawn];
        """,
    )

    assert asked == [0, ["list"]]


def test_what_must_not_wait_is_drawn_in_the_next_frame_whatever_its_pause(modules):
    assert tried(
        modules,
        """
        scheduler.mark('list'); frame(1000);
        scheduler.mark('list'); frame(1010);
        scheduler.now('list'); frame(1020);
        return drawn;
        """,
    ) == ["list", "list"]


def test_what_a_drawing_marks_is_drawn_in_the_same_frame_if_it_comes_later_and_else_in_the_next(modules):
    assert tried(
        modules,
        """
        scheduler.add('last', () => { drawn.push('last'); scheduler.mark('focus'); scheduler.mark('end'); });
        scheduler.add('end', () => drawn.push('end'));
        scheduler.mark('last'); scheduler.mark('focus'); frame(1000);
        const asked = frames.length;
        frame(1016);
        return [asked, frames.length, drawn];
        """,
    ) == [1, 0, ["focus", "last", "end", "focus"]]


def test_a_drawing_that_throws_keeps_nothing_else_from_being_drawn(modules):
    assert tried(
        modules,
        """
        scheduler.add('broken', () => { throw new Error('broken'); });
        scheduler.add('last', () => drawn.push('last'));
        scheduler.mark('broken'); scheduler.mark('last');
        try { frame(1000); } catch (error) { drawn.push(error.message); }
        frame(1020);
        scheduler.mark('last'); frame(1040);
        return drawn;
        """,
    ) == ["broken", "last", "last"]


def test_what_may_wait_gives_way_to_another_for_one_frame_and_no_longer(modules):
    assert tried(
        modules,
        """
        scheduler.add('status', () => drawn.push('status'), () => true);
        const again = () => scheduler.now('focus');
        again(); scheduler.now('status'); frame(1000);
        again(); frame(1016);
        again(); scheduler.now('status'); frame(1032);
        return drawn;
        """,
    ) == ["focus", "focus", "status", "focus"]
