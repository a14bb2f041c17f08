"""One paper of every kind, written through the desk's own forms, and the addresses of every page there is."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any, get_type_hints

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from playwright.sync_api import Page

from e2e.house import House
from server.app import create_app
from server.documents.subject import KINDS

# Fill a form as its page gives it, with some fields changed, and send it as a browser would.
SEND = """async ([path, action, changes]) => {
  const shown = await fetch(path);
  const page = new DOMParser().parseFromString(await shown.text(), "text/html");
  const form = page.querySelector(`form[action$="${action}"]`);
  if (!form) return `${path} (${shown.status}) has no form ${action}`;
  const whole = new FormData(form);
  for (const [name, value] of Object.entries(changes)) whole.set(name, value);
  const file = changes.file && new File([await (await fetch(changes.file)).blob()], "sheet.xlsx");
  if (file) whole.set("file", file);
  const body = file ? whole : new URLSearchParams(whole);
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
  return answer.ok ? new URL(answer.url).pathname : `refused: ${answer.status} ${await answer.text()}`;
}"""

TABLES = {
    "person": "user_account", "plan": "count_plan", "sheet": "count_sheet", "notice": "shipment_notice",
    "list": "price_list", "return": "supplier_return", "station": "print_station", "work": "work_order",
}  # fmt: skip
"""What the numbers in an address count, where the word is not the table's."""

SALES, PURCHASES = "sales_order", "purchase_order"
FEW = 12
"""Rows that are tried until one has such a page: an order that may be edited is not the one that has left."""


def send(desk: Page, path: str, action: str, **changes: str) -> str:
    """Send a form of this page, with these fields changed; the address it leads to."""
    led: str = desk.evaluate(
        SEND, [path, action, {name.replace("__", "."): v for name, v in changes.items()}]
    )
    assert led.startswith("/"), re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", led))[:600]
    return led


def write(desk: Page, main: str, east: str) -> None:
    """Write one of each in these warehouses: sold, sent, bought, received, moved, corrected, counted, priced, made."""
    line = {"lines__0__item": "CUP-500", "lines__0__quantity": "3"}
    priced = line | {"lines__0__price": "12"}
    for order in (1, 2):
        send(desk, f"/outbound/orders/{order}", "/notices")
    send(desk, "/outbound/notices", "/outbound/waves", notice="2", kind="batch")
    send_away(desk, 1)
    bought = send(
        desk, "/inbound/purchases/new", "/inbound/purchases", warehouse=main, supplier="S001", **priced
    )
    send(desk, bought, "/confirmation")
    send(desk, "/inbound/purchases/new", "/inbound/purchases", supplier="S001", **priced)
    send_back(desk, bought)
    send(desk, "/stock/transfers/new", "/stock/transfers", source=main, target=east, **line)
    found = line | {"lines__0__location": "A-05-1", "reason": "found"}
    send(desk, "/stock/adjustments/new", "/stock/adjustments", warehouse=main, **found)
    send(desk, "/counts/new", "/counts", warehouse=main, method="places", places="A-05-1")
    send(desk, "/crm/prices/new", "/crm/prices", name="Trade", **priced)
    send(desk, "/making/orders/new?kind=issue", "/making/orders", warehouse=main, **line)
    send(desk, "/catalog/items/1", "/printing/jobs")
    send(desk, "/imports/new", "/imports", kind="items", file="/imports/templates/items-zh.xlsx")


def send_back(desk: Page, bought: str) -> None:
    """Receive what was bought at the desk, and give a piece of it back."""
    receipt = desk.request.get(bought).text()
    path = re.findall(r"/inbound/receipts/\d+", receipt)[0]
    send(desk, path, "/arrivals", arrivals__0__quantity="3")
    line = re.findall(r'name="(back\.\d+)"', desk.request.get(f"{path}/return").text())[0]
    send(desk, f"{path}/return", "/return", **{line: "1", "reason": "broken"})


def send_away(desk: Page, notice: int) -> None:
    """Pick, pack and ship a notice at the desk, from paper."""
    path = f"/outbound/notices/{notice}"
    for action in ("/picking", "/cartons", "/packing", "/shipment"):
        send(desk, path, action)


def pages(house: House, desk: Page) -> dict[str, str]:
    """Every page of the desk by its route, with numbers for which there is one; empty where there is none."""
    with sqlite3.connect(f"file:{house.data / 'stockhand.sqlite'}?mode=ro", uri=True) as rows:
        found = {route: _opens(desk, rows, route) for route in routes()}
    rows.close()
    return found


def routes() -> Iterator[str]:
    """The routes that answer people with a page, as the application names them."""
    for route in create_app("unused.sqlite").routes:
        for handler in getattr(route, "route_handlers", []):
            if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods and handler.guards:
                answers: Any = get_type_hints(handler.fn).get("return")
                if answers == Response[str]:
                    yield route.path


def sheets(house: House) -> Iterator[str]:
    """The spreadsheets there are: of every list, and of the lines of its newest document."""
    with sqlite3.connect(f"file:{house.data / 'stockhand.sqlite'}?mode=ro", uri=True) as rows:
        for prefix, kind in KINDS.items():
            if kind.is_exported:
                yield f"/exports/{prefix}"
                newest = f"SELECT max(id) FROM {kind.table} WHERE {kind.only or '1 = 1'}"
                if (number := rows.execute(newest).fetchone()[0]) is not None:
                    yield f"/exports/{prefix}/{number}/lines"
    rows.close()


def _opens(desk: Page, rows: sqlite3.Connection, route: str) -> str:
    for path in _filled(rows, route):
        answer = desk.request.get(path)
        if answer.ok and "<!doctype html>" in answer.text()[:400].lower():
            return path
    return ""


def _filled(rows: sqlite3.Connection, route: str) -> Iterator[str]:
    """The route with the numbers of rows there are, the newest first."""
    holes = re.findall(r"\{(\w+):\w+\}", route)
    if not holes:
        yield route
        return
    for numbers in rows.execute(_rows_of(route, holes)):
        path = route
        for number in numbers:
            path = re.sub(r"\{\w+:\w+\}", str(number), path, count=1)
        yield path


def _rows_of(route: str, holes: list[str]) -> str:
    if holes == ["plan_id", "sheet_id"]:
        return f"SELECT plan, id FROM count_sheet ORDER BY id DESC LIMIT {FEW}"
    word = holes[0].removesuffix("_id")
    table = TABLES.get(word, word)
    if word == "order":
        table = PURCHASES if route.startswith("/inbound") else SALES
    if word == "job":
        table = "import_job" if route.startswith("/imports") else "print_job"
    return f"SELECT id FROM {table} ORDER BY id DESC LIMIT {FEW}"
