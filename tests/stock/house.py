"""A small warehouse for tests of stock: two houses, a few bins, two items, flows through the real ledger."""

from collections.abc import Mapping

import msgspec
from piccolo.table import Table

from server import clock, ids, quantity
from server.catalog import search
from server.catalog import tables as catalog
from server.db import writing
from server.people import tables as people
from server.stock import ledger, raising
from server.stock.movement import VIRTUAL, Cell, Flow, Moment
from server.sync import tables as sync

PLACES = {"MAIN": ("A-01", "A-02", "DOCK", "TOTE-1"), "EAST": ("E-01", "E-02")}
KINDS = {"DOCK": "dock", "TOTE-1": "tote"}


class House(msgspec.Struct, frozen=True):
    """The ids of what was built, by code."""

    warehouses: Mapping[str, int]
    locations: Mapping[str, int]
    items: Mapping[str, int]
    user: int
    device: int
    secret: str

    @property
    def bearer(self) -> str:
        return f"d-{self.device}.{self.secret}"


async def build(role: str = "storekeeper") -> House:
    """Warehouses MAIN and EAST, items CUP and BOX, Lin who works in MAIN, and Lin's device."""
    async with writing():
        warehouses = {code: await _warehouse(code) for code in PLACES}
        locations = {code: await _location(code, warehouses["MAIN"]) for code in PLACES["MAIN"]}
        locations |= {code: await _location(code, warehouses["EAST"]) for code in PLACES["EAST"]}
        for name, warehouse in warehouses.items():
            for kind in VIRTUAL:
                locations[f"{name}-{kind}"] = await _location(f"{name}-{kind}", warehouse, kind)
        items = {"CUP": await _item("CUP", "马克杯"), "BOX": await _item("BOX", "纸箱")}
        user = await person("lin", role, display_name="林晓")
        await assign(user, warehouses["MAIN"])
        device, secret = await add_device("林晓的手机", user, warehouses["MAIN"])
    return House(warehouses, locations, items, user, device, secret)


async def _warehouse(code: str) -> int:
    return await _add(catalog.Warehouse(code=code, name=code))


async def _add(row: Table) -> int:
    table, key = type(row), row._meta.primary_key
    await table.insert(row)
    newest = await table.select(key).order_by(key, ascending=False).first()
    assert newest is not None
    return int(newest["id"])


async def _location(code: str, warehouse: int, kind: str = "") -> int:
    row = catalog.Location(code=code, warehouse=warehouse, kind=kind or KINDS.get(code, "bin"))
    return await _add(row)


async def _item(code: str, name: str) -> int:
    row = catalog.Item(code=code, name=name, search=search.text_of(code, name), created_at=clock.now())
    return await _add(row)


async def person(name: str, role: str, *, display_name: str = "") -> int:
    """Somebody of this role; inside `writing()`."""
    row = people.User(name=name, display_name=display_name or name, role=role, created_at=clock.now())
    return await _add(row)


async def assign(user: int, warehouse: int) -> None:
    """Let somebody work in a warehouse; inside `writing()`."""
    await catalog.Assignment.insert(catalog.Assignment(person=user, warehouse=warehouse))


async def add_device(name: str, user: int, warehouse: int) -> tuple[int, str]:
    """A device that was let in, and its secret; inside `writing()`."""
    secret = ids.token()
    row = sync.Device(
        name=name, person=user, warehouse=warehouse, secret_digest=ids.digest(secret), seen_at=clock.now()
    )
    return await _add(row), secret


async def sign_in(user: int) -> Mapping[str, str]:
    """The headers of a browser in which this person is signed in."""
    token = ids.token()
    now = clock.now()
    async with writing():
        await people.Session.insert(
            people.Session(
                digest=ids.digest(token),
                person=user,
                form_token="form",
                created_at=now,
                seen_at=now,
                expires_at=now + clock.HOUR,
            )
        )
    return {"cookie": f"stockhand={token}"}


async def move(
    house: House,
    item: str,
    amount: str,
    source: str,
    target: str,
    *,
    act: str = "move",
    at: int | None = None,
    lot: str = "",
    reverses: str = "",
    device: int = 0,
) -> str:
    """Post one flow through the ledger, as an operation of Lin's; gives the operation's id."""
    operation = ids.uuid7()
    flow = Flow(
        act=act,
        item=house.items[item],
        quantity=quantity.parse(amount),
        source=house.locations[source],
        target=house.locations[target],
        lot=lot,
        reverses=reverses,
    )
    wanted = ledger.nothing_wanted()
    wanted.cells |= {Cell(flow.item, place, flow.lot, flow.serial) for place in (flow.source, flow.target)}
    async with writing():
        known = await ledger.places([flow.source, flow.target])
        book = await ledger.open_book(wanted, known)
        book.move(flow, Moment(clock.now() if at is None else at, operation))
        await ledger.post(book, {operation: ledger.Origin(house.user, device)}, {})
        await raising.settle_debts(book, {Cell(flow.item, flow.source, lot): operation})
    return operation
