"""A browser's own EventSource, on the server's page, under its policy."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

LISTEN = """() => {
    const {dataset} = document.documentElement;
    const heard = (what) => (dataset.heard = `${dataset.heard ?? ""}${what} `);
    const source = new EventSource("sse/?after=0&type=academy.order_*");
    source.onmessage = ({data, lastEventId}) => heard(JSON.parse(data).data.note + lastEventId.split(":")[1]);
    source.addEventListener("gap", () => heard("gap"));
}"""
AGAIN = 15_000  # ms within which a page tries again where nobody has listened


def send(server: Server, *notes: str) -> None:
    lines = [f"order_paid.send(sender=Order, order=None, note={note!r})" for note in notes]
    server.manage("shell", "-c", "\n".join([*lines, "course_completed.send(sender=Course)"]))


def test_exactly_once_to_an_eventsource_whose_server_is_killed(page: Page, server: Server):
    page.goto(server.url)
    page.evaluate(LISTEN)
    send(server, "a", "b")
    expect(page.locator("html")).to_have_attribute("data-heard", "a1 b2 ")

    server.kill()
    send(server, "c")
    server.start()
    expect(page.locator("html")).to_have_attribute("data-heard", "a1 b2 c4 ", timeout=AGAIN)
    send(server, "d")

    expect(page.locator("html")).to_have_attribute("data-heard", "a1 b2 c4 d6 ")
