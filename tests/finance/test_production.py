"""What products cost: worked examples from public documentation, and that no fraction of a cent is lost."""

import pytest

from server import clock, config, money
from server.db import Statement, execute, fetch, writing
from server.finance import costing, queries
from server.making import working
from server.sync import envelope, producing, reconciling
from server.sync import queries as devices
from tests import given
from tests.making import shop

pytestmark = pytest.mark.usefixtures("database")

_COSTS = Statement(
    "SELECT e.cost FROM cost_entry e JOIN item i ON i.id = e.item WHERE i.code = ? AND e.quantity > 0 ORDER BY e.id"
)
_WORTHS = Statement(
    "SELECT i.code, w.quantity, w.value, w.average FROM item_worth w JOIN item i ON i.id = w.item ORDER BY i.code"
)
_FORGET = Statement("DELETE FROM cost_head")

KIT = {"CARD": ("1", "45.00"), "DRIVE": ("1", "95.00"), "SPEAKER": ("2", "7.50"), "SOFTWARE": ("1", "100.00")}
"""StreamV ERP help, "Materials Explosion - Costing Method": a multimedia kit of these costs 255.00."""


async def costs(code: str) -> list[str]:
    """What each arrival of an item cost."""
    return [money.format_amount(round(row[0] / 100)) for row in await fetch(_COSTS, code)]


async def worths() -> list[tuple[object, ...]]:
    return [tuple(row) for row in await fetch(_WORTHS)]


async def again() -> list[tuple[object, ...]]:
    """The same, valued from the first row once more."""
    async with writing():
        await execute(_FORGET)
    await costing.catch_up()
    return await worths()


@pytest.fixture(params=["average", "fifo"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STOCKHAND_COSTING", request.param)
    config.settings.cache_clear()
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def plain_settings() -> object:
    yield
    config.settings.cache_clear()


async def kit(pieces: int = 1) -> None:
    """Material for so many kits, and what a kit is made of."""
    for code, (much, price) in KIT.items():
        await shop.bought(code, str(int(much) * pieces), price)
    await shop.compose("KIT", {code: much for code, (much, _) in KIT.items()})


async def test_a_kit_costs_what_its_components_cost(method: str) -> None:
    await kit()
    number = await shop.order(much="1", product="KIT")

    await shop.take_all(number)
    await shop.bring(number, "1", "KIT")
    await costing.catch_up()

    assert await costs("KIT") == ["255.00"]
    assert [await shop.worth(code) for code in KIT] == ["0.00"] * 4
    assert await shop.worth("KIT") == "255.00"


async def test_the_same_in_reverse_when_it_is_taken_apart(method: str) -> None:
    await kit(2)
    number = await shop.order(much="1", product="KIT")
    await shop.take_all(number)
    await shop.bring(number, "1", "KIT")
    apart = await shop.order("disassembly", "1", "KIT")

    await shop.take(apart, await shop.goods("KIT", "1", "B-01"))
    for code, (much, _) in KIT.items():
        await shop.bring(apart, much, code, at="A-01")
    await costing.catch_up()

    assert [(await costs(code))[-1] for code in KIT] == ["45.00", "95.00", "15.00", "100.00"]
    assert await shop.worth("KIT") == "0.00"
    assert await shop.total_worth() == 510_000_000


async def test_layers_go_in_as_they_came_and_the_average_is_one_price(method: str) -> None:
    # Components as in odoo/documentation, manufacturing/basic_setup/mo_costs: a putting green takes green felt at
    # 20.00 and a rubber pad at 30.00, together 50.00. Then felt gets dearer.
    await shop.bought("FELT", "2", "20.00")
    await shop.bought("FELT", "2", "26.00")
    await shop.bought("PAD", "4", "30.00")
    await shop.compose("GREEN", {"FELT": "1", "PAD": "1"})

    for _ in range(4):
        number = await shop.order(much="1", product="GREEN")
        await shop.take_all(number)
        await shop.bring(number, "1", "GREEN")
    await costing.catch_up()

    expected = ["50.00", "50.00", "56.00", "56.00"] if method == "fifo" else ["53.00"] * 4
    assert await costs("GREEN") == expected
    assert await shop.worth("GREEN") == "212.00"


async def test_the_last_piece_takes_the_fraction_that_is_left(method: str) -> None:
    await shop.bought("TIN", "3", "33.333333")
    await shop.bought("CUP", "1", "0.000001")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="3")
    await shop.take_all(number)
    await shop.take(number, await shop.goods("CUP", "1"), may_exceed=True, reason="样品")

    for _ in range(3):
        await shop.bring(number, "1")
    await costing.catch_up()

    assert [row[0] for row in await fetch(_COSTS, "BOX")] == [33_333_333, 33_333_334, 33_333_333]
    assert await shop.total_worth() == 100_000_000


async def test_what_is_made_as_material_goes_in_costs_its_own_share(method: str) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="10")

    for _ in range(2):
        await shop.take(number, await shop.goods("TIN", "5"))
        await shop.bring(number, "5")
    await costing.catch_up()

    assert await costs("BOX") == ["20.00", "20.00"]


async def test_a_backflushed_product_costs_what_went_in_with_it(method: str) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.bought("CUP", "20", "1.50")
    await shop.compose("BOX", {"TIN": "1", "CUP": "2"})
    number = await shop.order(much="10", is_backflush=True, place="A-01")

    await shop.bring(number, "4")
    await shop.bring(number, "6")
    await costing.catch_up()

    assert await costs("BOX") == ["28.00", "42.00"]
    assert await shop.total_worth() == 70_000_000


async def test_material_that_is_told_late_is_laid_on_the_product(method: str) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="10")

    await shop.bring(number, "10")
    await costing.catch_up()
    before = await shop.worth("BOX")
    await shop.take(number, await shop.goods("TIN", "10"))
    await costing.catch_up()

    assert before == "0.00"
    assert await shop.worth("BOX") == "40.00"
    live = await worths()
    assert await again() == live


async def test_what_was_not_needed_goes_back_at_what_it_had_cost(method: str) -> None:
    await shop.bought("TIN", "12", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="10")
    await shop.take(number, await shop.goods("TIN", "12"), may_exceed=True, reason="备料")
    await shop.bought("TIN", "1", "16.00")

    await shop.bring(number, "10")
    await costing.catch_up()
    with_all = await shop.worth("BOX")
    await shop.give_back(number, "TIN", "2")
    await costing.catch_up()

    assert with_all == "48.00"
    assert (await shop.worth("BOX"), await shop.worth("TIN")) == ("40.00", "24.00")


async def test_an_order_that_ends_early_lays_the_rest_on_what_was_made(method: str) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="10")
    await shop.take_all(number)
    await shop.bring(number, "8")
    await costing.catch_up()
    before = await shop.worth("BOX")

    await working.finish(number, "两个坏了", by=1)
    await costing.catch_up()
    after = await worths()
    await shop.bought("TIN", "1", "9.00")
    await costing.catch_up()

    assert before == "32.00"
    assert await shop.worth("BOX") == "40.00"
    assert await queries.waiting() == 0
    live = await worths()
    assert after[0] == live[0]
    assert await again() == live


async def test_a_reversed_order_leaves_everything_worth_what_it_was(method: str) -> None:
    await kit()
    await costing.catch_up()
    before = [row for row in await worths() if row[2]]
    number = await shop.order(much="1", product="KIT")
    await shop.take_all(number)
    await shop.bring(number, "1", "KIT")
    await costing.catch_up()

    await producing.reverse(number, "做错了", by=1)
    await costing.catch_up()

    assert [row for row in await worths() if row[2]] == before
    live = await worths()
    assert await again() == live


async def test_components_of_unknown_cost_share_by_how_many_they_are(method: str) -> None:
    await shop.bought("SET", "1", "10.00", at="B-01")
    await shop.compose("SET", {"FORK": "2", "KNIFE": "1"})
    apart = await shop.order("disassembly", "1", "SET")

    await shop.take(apart, await shop.goods("SET", "1", "B-01"))
    await shop.bring(apart, "2", "FORK")
    await shop.bring(apart, "1", "KNIFE")
    await costing.catch_up()

    assert (await costs("FORK"), await costs("KNIFE")) == (["6.67"], ["3.33"])
    assert await shop.total_worth() == 10_000_000


async def test_a_product_shipped_in_the_same_upload_goes_at_the_average(method: str) -> None:
    await shop.bought("TIN", "10", "4.00")
    await shop.compose("BOX", {"TIN": "1"})
    number = await shop.order(much="10", is_backflush=True, place="A-01")
    await shop.bring(number, "5")
    pda = await given.pda()
    place = f"l-{await given.location('B-01')}"
    item = f"i-{await given.item('BOX')}"
    away = f"l-{await given.virtual('customer')}"
    made = {"item": item, "quantity": "5", "target": place, "document": f"wo-{number}"}
    left = {"item": item, "quantity": "1", "source": place, "target": away}

    device = await devices.device_by_bearer(pda.headers["Authorization"])
    assert device is not None
    together = pda.batch(pda.operation("stock.receive@1", made), pda.operation("stock.move@1", left))
    await reconciling.reconcile(envelope.read(together, clock.now()), device)
    await costing.catch_up()

    assert await shop.worth("BOX") == "36.00"
    assert await shop.sound() == []
