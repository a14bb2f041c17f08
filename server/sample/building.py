"""Build a sample company through the product's own activities, as a firm would on its first day."""

import itertools
import random
import tomllib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from server import clock, money, quantity
from server.catalog import maintaining, naming, partnering, placing
from server.catalog import queries as catalog
from server.catalog.company import Company
from server.catalog.gs1 import check_digit_fits
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft
from server.catalog.partner import PartnerDraft
from server.catalog.place import BinRange, LocationDraft
from server.db import writing
from server.inbound import receiving
from server.people import maintaining as people
from server.people.account import AccountDraft
from server.sample import trading
from server.sync import performing, wire

FILE = Path(__file__).with_name("company.toml")
# The same company on every machine, so that screenshots and stories agree.
SEED = 20261122
COMPANY_PREFIX = "6971234"


class Built(msgspec.Struct, frozen=True):
    """What a sample company consists of."""

    company: str
    items: int
    locations: int
    people: int
    movements: int
    documents: int = 0
    notes: list[str] = []

    @property
    def summary(self) -> str:
        return (
            f"{self.company}: {self.items} items, {self.locations} locations, {self.people} people,"
            f" {self.movements} movements of the first stock, {self.documents} orders"
        )


async def build(password: str) -> Built:
    """Build 掌仓商贸; its people sign in on the desk with `password`, on devices with badge and PIN."""
    # All of it or nothing: a company built half-way would be no place to learn in.
    async with writing():
        return await _build(tomllib.loads(FILE.read_text("utf-8")), password)


async def _build(plan: dict[str, Any], password: str) -> Built:
    described = await naming.describe(Company(**plan["company"]), by=0)
    assert isinstance(described, maintaining.Edited), described
    houses = [await _warehouse(one) for one in plan["warehouses"]]
    for one in plan["people"]:
        await _person(one, password, houses)
    for one in plan["partners"]:
        await _partner(one)
    items = await _items(plan["items"]["rows"])
    received = 0
    for house in houses:
        received += await _stock(house, items)
    documents = await trading.trade(houses[0])
    counts = await catalog.counts()
    return Built("掌仓商贸", counts.items, counts.locations, len(plan["people"]), received, documents)


async def _warehouse(one: dict[str, Any]) -> int:
    opened = await placing.open_warehouse(one["code"], one["name"], by=0)
    assert isinstance(opened, maintaining.Added), opened
    house = opened.ids[0]
    for bins in one["bins"]:
        added = await placing.add_bins(
            house,
            BinRange(aisles=bins["aisles"], bays=bins["bays"], levels=bins["levels"]),
            bins["zone"],
            by=0,
        )
        assert isinstance(added, maintaining.Added), added
    totes = [
        LocationDraft(code=f"{one['code'][0]}T-{number:02d}", warehouse=house, kind="tote")
        for number in range(1, one["totes"] + 1)
    ]
    placed = await maintaining.add_locations(totes, by=0)
    assert isinstance(placed, maintaining.Added), placed
    return house


async def _person(one: dict[str, Any], password: str, houses: list[int]) -> None:
    everywhere = one["role"] in ("supervisor", "finance", "buyer")
    draft = AccountDraft(
        name=one["login"], display_name=one["name"], role=one["role"], sees_all_warehouses=everywhere
    )
    added = await people.add_person(draft, password, by=0)
    assert isinstance(added, people.Added), added
    if not everywhere:
        await placing.assign(added.id, houses[:1], by=0)
    if one["badge"]:
        await people.set_badge(added.id, one["badge"], by=0)
        await people.set_pin(added.id, one["pin"], by=0)


async def _partner(one: dict[str, Any]) -> None:
    is_supplier = one.get("supplier", False)
    draft = PartnerDraft(
        code=one["code"], name=one["name"], phone=one.get("phone", ""), is_supplier=is_supplier,
        is_customer=not is_supplier,
    )  # fmt: skip
    added = await partnering.add_partner(draft, by=0)
    assert isinstance(added, maintaining.Added), added


async def _items(rows: list[list[Any]]) -> dict[int, ItemDraft]:
    drafts = [_draft(index, *row) for index, row in enumerate(rows, 1)]
    added = await maintaining.add_items(drafts, by=0)
    assert isinstance(added, maintaining.Added), added
    return dict(zip(added.ids, drafts, strict=True))


def _draft(index: int, code: str, name: str, unit: str, pieces: int, flags: str) -> ItemDraft:
    own = f"{COMPANY_PREFIX}{index:05d}"
    barcodes = [BarcodeDraft(_with_check_digit(own), unit)]
    if pieces:
        barcodes.append(BarcodeDraft(_with_check_digit(f"1{own}"), "箱"))
    return ItemDraft(
        code=code,
        name=name,
        unit=unit,
        scale=3 if "weighed" in flags else 0,
        has_lots="lot" in flags,
        has_expiry="expiry" in flags,
        has_serials="serial" in flags,
        units=(UnitDraft("箱", pieces),) if pieces else (),
        barcodes=tuple(barcodes),
    )


def _with_check_digit(digits: str) -> str:
    return next(f"{digits}{last}" for last in "0123456789" if check_digit_fits(f"{digits}{last}"))


async def _stock(house: int, items: dict[int, ItemDraft]) -> int:
    """Receive every item at the dock and bring it to bins, some of them to two."""
    chance = random.Random(SEED + house)
    dock = (await catalog.locations_of_kind(house, "dock"))[0].id
    bins = [line.id for line in await catalog.locations_of_kind(house, "bin")]
    chance.shuffle(bins)
    places = itertools.cycle(bins)
    acts: list[performing.Act] = []
    for item_id, draft in items.items():
        for _ in range(chance.choice((1, 1, 2))):
            acts += _arrival(item_id, draft, dock, next(places), chance)
    await performing.perform(await _priced(house, acts, chance), by=0)
    return len(acts)


async def _priced(house: int, acts: list[performing.Act], chance: random.Random) -> list[performing.Act]:
    """The same arrivals by a receipt that says what they cost, so that the opening stock has a value."""
    amounts: Counter[int] = Counter()
    for act in acts:
        if isinstance(act.args, wire.Receive):
            amounts[wire.number(act.args.item)] += quantity.parse(act.args.quantity)
    lines = [
        receiving.Wanted(item=item, quantity=amount, price=chance.randint(15, 900) * money.PRICE_SCALE // 10)
        for item, amount in amounts.items()
    ]
    head = receiving.Head(kind="other", warehouse=house, reference="期初库存")
    document = f"rc-{await receiving.add(head, lines, state='expected', by=0)}"
    return [performing.Act(act.kind, msgspec.structs.replace(act.args, document=document)) for act in acts]


def _arrival(
    item_id: int, draft: ItemDraft, dock: int, target: int, chance: random.Random
) -> list[performing.Act]:
    if draft.has_serials:
        serials = [f"SN{draft.code[:3]}{chance.randrange(10**6):06d}" for _ in range(3)]
        return [
            act
            for serial in serials
            for act in (
                performing.receive(item_id, "1", dock, serial=serial),
                performing.move(item_id, "1", dock, target, serial=serial),
            )
        ]
    pieces = draft.units[0].numerator if draft.units else 1
    amount = str(pieces * chance.randint(1, 8) + chance.randint(0, max(0, pieces // 2)))
    lot = f"L26{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}" if draft.has_lots else ""
    expiry = (clock.today() + timedelta(days=chance.randint(20, 600))).isoformat() if draft.has_expiry else ""
    return [
        performing.receive(item_id, amount, dock, lot=lot, expiry=expiry),
        performing.move(item_id, amount, dock, target, lot=lot),
    ]
