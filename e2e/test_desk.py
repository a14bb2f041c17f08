"""An office works at the desk: a whole order without a mouse, nothing typed is lost, and nobody is shut out."""

import time
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from e2e import words
from e2e.conftest import OpenDesk
from e2e.test_every_page import Reader

ORDERS, NEW = "/outbound/orders", "/outbound/orders/new"
PAGES = (
    ORDERS, f"{ORDERS}?state=draft&q=zzz", NEW, "/inbound/purchases", "/inbound/purchases/new",
    "/inbound/receipts", "/search?q=杯", "/search?q=zzz",
)  # fmt: skip
COUNT_PRESSES = "addEventListener('pointerdown', () => sessionStorage.setItem('presses', '1'), true)"
PASTE = """(text) => {
  const clipboard = new DataTransfer();
  clipboard.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: clipboard, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def desk(open_desk: OpenDesk) -> Page:
    page = open_desk()
    page.add_init_script(COUNT_PRESSES)
    words.sign_in(page, "chen")
    return page


def test_a_whole_order_is_written_and_confirmed_without_a_mouse(desk: Page) -> None:
    keys = desk.keyboard
    tab_to(desk, f".desk-nav a[href='{ORDERS}']")
    keys.press("Enter")
    tab_to(desk, f"a[href='{NEW}']")
    keys.press("Enter")
    expect(desk.locator("#customer")).to_be_focused()

    keys.type("C001")
    tab_to(desk, "[data-cell=item]")
    keys.type("mkb", delay=40)
    expect(desk.locator("[role=option]").first).to_contain_text("CUP-350")
    keys.press("Enter")
    keys.type("3")
    keys.press("Enter")
    keys.type("12.50")
    keys.press("Enter")
    keys.type("10")
    keys.press("Enter")
    scan(desk, words.barcode("CUP-500"))
    expect(row(desk, 1).locator(".item-name")).to_have_text("保温杯 500ml 黑")
    scan(desk, words.barcode("CUP-500"))
    expect(row(desk, 1).locator("[data-cell=quantity]")).to_have_value("2")
    keys.press("Control+Enter")

    expect(desk.locator("h1")).to_contain_text("SO-")
    expect(desk.locator(".document-lines tbody tr")).to_have_count(2)
    expect(desk.locator(".document-lines")).to_contain_text("33.75")
    expect(desk.locator("#timeline")).to_contain_text("chen")
    assert desk.evaluate("sessionStorage.getItem('presses')") is None


def test_a_quick_scanner_does_not_overtake_a_slow_server(desk: Page) -> None:
    desk.route("**/catalog/items/suggestions**", slowly)
    desk.goto(NEW)
    row(desk, 0).locator("[data-cell=item]").focus()

    for code in ("CUP-350", "CUP-500", "CUP-500"):
        scan(desk, words.barcode(code))

    expect(row(desk, 1).locator(".item-name")).to_have_text("保温杯 500ml 黑")
    expect(row(desk, 1).locator("[data-cell=quantity]")).to_have_value("2")
    expect(row(desk, 0).locator(".item-name")).to_have_text("马克杯 350ml 白")
    expect(row(desk, 0).locator("[data-cell=quantity]")).to_have_value("1")
    assert codes(desk) == ["CUP-350", "CUP-500"]


def slowly(route: Route) -> None:
    """A server that thinks for a while."""
    time.sleep(0.4)
    route.continue_()


def test_arrows_walk_between_lines_and_a_line_is_taken_away_by_keys(desk: Page) -> None:
    desk.goto(NEW)
    row(desk, 0).locator("[data-cell=item]").focus()
    for code in ("CUP-350", "CUP-500", "BOWL-6"):
        desk.keyboard.type(code)
        desk.keyboard.press("Enter")
        expect(row(desk, lines(desk) - 1).locator("[data-cell=quantity]")).to_be_focused()
        for _ in range(3):
            desk.keyboard.press("Enter")

    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowUp")
    expect(row(desk, 1).locator("[data-cell=item]")).to_be_focused()
    desk.keyboard.press("Control+Delete")

    assert codes(desk) == ["CUP-350", "BOWL-6"]
    expect(desk.locator("output[data-lines]")).to_have_text("2")


def test_rows_of_a_spreadsheet_are_pasted_and_unknown_codes_are_named(desk: Page) -> None:
    desk.goto(NEW)
    row(desk, 0).locator("[data-cell=item]").focus()

    desk.evaluate(PASTE, "编码\t数量\t单价\nCUP-350\t4\t1,200.50\nNO-SUCH\t1\t1\ncup-500\t2\t10\n")

    expect(desk.locator("[data-told]")).to_contain_text("NO-SUCH")
    expect(row(desk, 1).locator("[data-cell=item]")).to_be_focused()
    expect(row(desk, 1).locator("[data-cell=item]")).to_have_attribute("aria-invalid", "true")
    expect(row(desk, 2).locator(".item-name")).to_have_text("保温杯 500ml 黑")
    expect(row(desk, 0).locator("[data-amount]")).to_have_text("4,802.00")
    expect(row(desk, 2).locator("[data-amount]")).to_have_text("20.00")


def test_what_was_typed_comes_back_after_a_reload_until_it_is_discarded(desk: Page) -> None:
    desk.goto(NEW)
    desk.locator("#customer").fill("C002")
    row(desk, 0).locator("[data-cell=item]").fill("CUP-350")
    desk.keyboard.press("Enter")
    expect(row(desk, 0).locator(".item-name")).to_have_text("马克杯 350ml 白")
    expect(desk.locator(".draft-state")).to_contain_text("草稿已保留")
    desk.wait_for_timeout(700)

    desk.reload()

    expect(desk.locator(".draft-note")).to_be_visible()
    expect(desk.locator("#customer")).to_have_value("C002")
    assert codes(desk) == ["CUP-350"]
    desk.locator(".draft-note button").press("Enter")
    expect(desk.locator("#customer")).to_have_value("")
    expect(desk.locator(".draft-note")).to_have_count(0)


def test_an_order_can_be_written_without_any_script(open_desk: OpenDesk) -> None:
    desk = open_desk(runs_scripts=False)
    words.sign_in(desk, "chen")
    desk.goto(NEW)
    desk.locator("#customer").fill("C001")
    desk.locator("[name='lines.0.item']").fill("CUP-350")
    desk.locator("[name='lines.0.quantity']").fill("2")
    desk.locator("[name='lines.0.price']").fill("9.90")

    desk.locator("form.document-form button.primary").press("Enter")

    expect(desk.locator(".document-lines tbody tr")).to_have_count(1)
    expect(desk.locator(".document-lines")).to_contain_text("19.80")


def test_anything_is_found_from_any_page_by_keys_alone(desk: Page) -> None:
    desk.goto("/printing/jobs")
    desk.keyboard.press("/")
    desk.keyboard.type("cxbh", delay=40)
    expect(desk.locator("#desk-found")).to_contain_text("城西百货超市")

    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")

    expect(desk.locator("h1")).to_contain_text("城西百货超市")
    assert "/catalog/partners/" in desk.url


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_nobody_is_shut_out_of_a_document(
    open_desk: OpenDesk, language: str, scheme: Literal["light", "dark"]
) -> None:
    desk = open_desk()
    desk.emulate_media(color_scheme=scheme)
    words.sign_in(desk, "chen")
    if language == "en":
        desk.locator("form[action='/language'] button").click()
        expect(desk.locator("html")).to_have_attribute("lang", "en")

    found = {}
    for path in PAGES:
        desk.goto(path)
        found[path] = Reader(desk).faults()
    desk.goto(f"{ORDERS}?state=")
    desk.locator(".row-link").first.press("Enter")
    expect(desk.locator("#timeline")).to_be_visible()
    found["an order"] = Reader(desk).faults()
    desk.goto(NEW)
    row(desk, 0).locator("[data-cell=item]").press_sequentially("杯", delay=20)
    expect(desk.locator("[role=option]").first).to_be_visible()
    found["suggestions"] = Reader(desk).faults()
    desk.keyboard.press("Escape")
    desk.locator("#desk-search").press_sequentially("cup", delay=20)
    expect(desk.locator("#desk-found [role=option]").first).to_be_visible()
    found["search"] = Reader(desk).faults()

    assert {path: what for path, what in found.items() if what} == {}


def tab_to(desk: Page, selector: str) -> None:
    """Press Tab until it is there, as somebody without a mouse does."""
    wanted = f"document.activeElement?.matches({selector!r})"
    expect(desk.locator(selector).first).to_be_visible()
    for _ in range(80):
        if desk.evaluate(wanted):
            return
        desk.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


def scan(desk: Page, code: str) -> None:
    """What a scanner does that is plugged into the desk: it types, very fast, and presses Enter."""
    desk.keyboard.type(code)
    desk.keyboard.press("Enter")


def row(desk: Page, index: int) -> Locator:
    """One line of the editor."""
    return desk.locator("tr[data-row]").nth(index)


def codes(desk: Page) -> list[str]:
    """The items of all lines that are not empty."""
    values: list[str] = desk.locator("[data-cell=item]").evaluate_all(
        "(cells) => cells.map((cell) => cell.value)"
    )
    return [value for value in values if value]


def lines(desk: Page) -> int:
    """How many lines are not empty."""
    return len(codes(desk))
