"""What a stranger writes stays text, and what somebody may not do is refused."""

import re

from playwright.sync_api import Page, expect

from e2e import words
from e2e.browser import Watch
from e2e.conftest import OpenDesk, OpenDevice
from e2e.house import House

SCRIPT = "<img src=x onerror=alert(1)>"
FORBIDDEN = {
    "wang": ("/people", "/devices", "/imports", "/catalog/items/new", "/catalog/warehouses/1/edit"),
    "sun": ("/board", "/stock/movements", "/stock/incidents", "/devices", "/people"),
}


def test_a_scripted_name_is_text_wherever_it_is_shown(
    house: House, open_desk: OpenDesk, open_device: OpenDevice, watch: Watch
) -> None:
    desk = open_desk()
    desk.on("dialog", lambda dialog: watch.complaints.append(f"a script ran: {dialog.message}"))
    words.sign_in(desk, "chen")
    number = add_item(desk, "EVIL", SCRIPT)
    hand = words.enrol_device(house, open_device(), "wang")
    hand.on("dialog", lambda dialog: watch.complaints.append(f"a script ran: {dialog.message}"))
    words.expect_ready(hand)

    words.begin(hand, "receive")
    words.scan_until_known(hand, "EVIL")
    expect_text(hand)
    words.expect_sent(hand)
    for path in (f"/edge/items/i-{number}", f"/edge/print/item/i-{number}", "/edge/undo", "/edge/waiting"):
        show(hand, path)
        expect_text(hand)
    search = f"/edge/lookup/results?text={SCRIPT[1:4]}"
    assert "<img src=x" not in hand.evaluate(words.FROM_THE_EDGE, search)
    pages = (
        "/catalog/items?q=EVIL",
        f"/catalog/items/{number}",
        f"/catalog/items/{number}/edit",
        "/stock?q=EVIL",
    )
    for path in (*pages, f"/stock/items/{number}", "/stock/movements", "/board"):
        desk.goto(path)
        expect_text(desk)


def test_a_page_that_is_not_ones_own_is_refused_in_words(open_desk: OpenDesk, house: House) -> None:
    house.run("users", "add", "sun", "--role", "salesperson", "--password-stdin", says=words.PASSWORD)
    for name, paths in (("wang", FORBIDDEN["wang"]), ("sun", FORBIDDEN["sun"])):
        desk = open_desk()
        words.sign_in(desk, name)
        for path in paths:
            answer = desk.goto(path)
            assert answer is not None
            assert answer.status == 403, f"{name} at {path}"
            expect(desk.locator("h1")).to_be_visible()


def add_item(desk: Page, code: str, name: str) -> int:
    """An article with the name that somebody pasted in; its number."""
    desk.goto("/catalog/items/new")
    desk.locator("#code").fill(code)
    desk.locator("#name").fill(name)
    desk.locator("form.panel .actions .primary").click()
    desk.wait_for_url(re.compile(r"/catalog/items/\d+"))
    return int(re.findall(r"/items/(\d+)", desk.url)[0])


def expect_text(page: Page) -> None:
    """The name can be read, and is no picture."""
    named = page.get_by_text(SCRIPT).or_(page.locator(f"input[value='{SCRIPT}']"))
    expect(named.first).to_be_attached()
    expect(page.locator("img[src=x]")).to_have_count(0)


def show(hand: Page, path: str) -> None:
    """Another screen of the hand app."""
    hand.evaluate("(path) => window.htmx.ajax('GET', path, '#screen').then(() => true)", path)
