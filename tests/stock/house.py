"""A small firm for tests of stock and boards: two houses, a few bins, two items, and a mover with a device."""

from collections.abc import Mapping

import msgspec

from server import clock, ids
from server.db import Statement, execute, writing
from server.sync import envelope, queries, reconciling
from tests import given

PLACES = {"MAIN": ("A-01", "A-02", "TOTE-1"), "EAST": ("E-01", "E-02")}
KINDS = {"TOTE-1": "tote"}
MOVER = "mover"
"""Moves things everywhere, so that the people of the test need not."""


class House(msgspec.Struct, frozen=True):
    """The ids of what was built, by code; Lin works in MAIN and has a device."""

    warehouses: Mapping[str, int]
    locations: Mapping[str, int]
    items: Mapping[str, int]
    user: int
    device: int
    bearer: str


async def build(role: str = "storekeeper") -> House:
    """Warehouses MAIN and EAST, items CUP and BOX, Lin and Lin's device."""
    warehouses = {code: await given.warehouse(code, code) for code in PLACES}
    locations = {
        code: await given.location(code, kind=KINDS.get(code, "bin"), warehouse_code=warehouse)
        for warehouse, codes in PLACES.items()
        for code in codes
    }
    items = {
        "CUP": await given.item("CUP", name="马克杯", scale=3),
        "BOX": await given.item("BOX", name="纸箱"),
    }
    user = await given.person("林晓", role=role)
    device = await given.pda("林晓", name="林晓的手机")
    bearer = device.headers["Authorization"].removeprefix("Bearer ")
    return House(warehouses, locations, items, user, int(device.wire_id[2:]), bearer)


async def sign_in(user: int) -> Mapping[str, str]:
    """The headers of a browser in which this person is signed in."""
    token, now = ids.token(), clock.now()
    async with writing():
        await execute(
            Statement(
                "INSERT INTO session (digest, person, form_token, created_at, seen_at, expires_at)"
                " VALUES (?, ?, 'form', ?, ?, ?)"
            ),
            ids.digest(token),
            user,
            now,
            now,
            now + clock.HOUR,
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
) -> str:
    """Report one scan of the mover's; `source` is a location's code, or `supplier` of wherever it goes."""
    args = {"item": f"i-{house.items[item]}", "quantity": amount, "target": f"l-{house.locations[target]}"}
    if source != "supplier":
        args["source"] = f"l-{house.locations[source]}"
    if lot:
        args["lot"] = lot
    await given.person(MOVER, sees_all_warehouses=True)
    # A device tells its own story in order, so what happened earlier is told by another one.
    device = await given.pda(MOVER, name="搬运 PDA")
    wall = (clock.now() if at is None else at) // 1000
    captured = {"wall": wall, "monotonic": 1, "boot": "test", "offset": 0, "error": 5}
    known = await queries.device_by_bearer(device.headers["Authorization"])
    assert known is not None
    told = device.batch(device.operation(f"stock.{act}@1", args, captured=captured))
    answer = await reconciling.reconcile(envelope.read(told, clock.now()), known)
    assert not isinstance(answer, reconciling.Conflict)
    assert answer.verdicts[0].outcome in ("applied", "warning"), answer.verdicts[0]
    return answer.verdicts[0].id
