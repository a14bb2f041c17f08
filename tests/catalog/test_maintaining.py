"""Items, barcodes and locations as they are written, and what devices are told of it."""

from typing import Any

import msgspec
import pytest

from server import clock, events, feed
from server.catalog import maintaining, queries
from server.catalog.item import BarcodeDraft, ItemDraft, UnitDraft
from server.catalog.maintaining import Added, Bound, Edited, NotBound, Refused, Stale
from server.catalog.place import LocationDraft
from tests import given

pytestmark = pytest.mark.usefixtures("database")

EAN, CARTON_EAN = "6901234567892", "16901234567899"
CUP = ItemDraft(
    code="CUP",
    name="陶瓷杯",
    units=(UnitDraft("箱", 12), UnitDraft("份", 1, 3)),
    barcodes=(BarcodeDraft(EAN), BarcodeDraft(CARTON_EAN, "箱")),
)


async def added(*drafts: ItemDraft) -> list[int]:
    outcome = await maintaining.add_items(drafts, by=1)
    assert isinstance(outcome, Added), outcome
    return outcome.ids


async def told(kind: str, scope: str = "catalogue") -> dict[str, Any]:
    """What devices hold of a kind now."""
    return {
        line.key: msgspec.json.decode(line.body)
        for line in await feed.live_rows(scope)
        if line.kind == kind and not line.deleted
    }


def words(outcome: object) -> list[tuple[int, str, str]]:
    assert isinstance(outcome, Refused), outcome
    return [(fault.index, fault.field, fault.word.rpartition(".")[2]) for fault in outcome.faults]


async def found(typed: str) -> list[str]:
    return [line.code for line in (await queries.find_items(typed)).rows]


async def test_devices_are_told_of_an_item_as_the_contract_says() -> None:
    [cup] = await added(CUP)

    assert await told("item") == {
        f"i-{cup}": {
            "code": "CUP",
            "name": "陶瓷杯",
            "unit": "件",
            "scale": 0,
            "lot": False,
            "expiry": False,
            "serial": False,
            "active": True,
            "units": [{"name": "箱", "factor": "12"}, {"name": "份", "factor": "1/3"}],
            "initials": "tcb",
        }
    }
    assert await told("barcode") == {
        "06901234567892": {"item": f"i-{cup}", "unit": "件", "factor": "1"},
        "16901234567899": {"item": f"i-{cup}", "unit": "箱", "factor": "12"},
    }


async def test_devices_are_told_which_items_are_picked_by_a_scan_for_each_piece() -> None:
    [cup] = await added(msgspec.structs.replace(CUP, scans_each=True))

    assert (await told("item"))[f"i-{cup}"]["each"] is True
    assert (await queries.item_drafts([cup]))[cup].scans_each


async def test_what_was_added_reads_back_the_same() -> None:
    [cup] = await added(CUP)

    [draft] = (await queries.item_drafts([cup])).values()

    assert draft.units == CUP.units
    assert draft.barcodes == (BarcodeDraft("06901234567892", "件"), BarcodeDraft("16901234567899", "箱"))


async def test_one_wrong_row_keeps_all_out_and_every_fault_is_named() -> None:
    await added(CUP)
    mug = ItemDraft(code="MUG", name="杯", barcodes=(BarcodeDraft(EAN),))

    outcome = await maintaining.add_items([mug, CUP, ItemDraft(code="", name="x")], by=1)

    assert set(words(outcome)) == {
        (0, "barcodes.0.code", "barcode_taken"),
        (1, "code", "code_taken"),
        (1, "barcodes.0.code", "twice"),
        (1, "barcodes.0.code", "barcode_taken"),
        (1, "barcodes.1.code", "barcode_taken"),
        (2, "code", "missing"),
    }
    assert await found("MUG") == []


async def test_codes_that_differ_in_case_are_two_items() -> None:
    one, other = await added(ItemDraft(code="85123A", name="x"), ItemDraft(code="85123a", name="y"))

    assert one != other


async def test_an_item_is_found_by_everything_it_is_known_by() -> None:
    await added(CUP, ItemDraft(code="BOWL", name="碗"))

    for typed in ("cup", "瓷", "tcb", "陶 杯", "4567", EAN, "ＣＵＰ"):
        assert await found(typed) == ["CUP"], typed
    assert await found("陶 碗") == []


async def test_who_carries_exactly_what_was_typed_comes_first() -> None:
    await added(ItemDraft(code="A-CUP", name="x"), ItemDraft(code="CUP", name="y"))

    assert await found("CUP") == ["CUP", "A-CUP"]


async def test_a_former_code_still_means_the_item() -> None:
    [cup] = await added(CUP)

    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, code="CUP-2")}, by=1)

    assert await found("cup") == ["CUP-2"]
    assert (await told("barcode"))["CUP"] == {"item": f"i-{cup}", "unit": "件", "factor": "1"}
    assert (await queries.item_drafts([cup]))[cup].barcodes == (
        BarcodeDraft("06901234567892", "件"),
        BarcodeDraft("16901234567899", "箱"),
    )


async def test_a_former_code_goes_to_the_item_that_takes_it_as_its_own() -> None:
    [cup] = await added(CUP)
    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, code="CUP-2")}, by=1)

    await added(ItemDraft(code="CUP", name="新杯"))

    assert "CUP" not in await told("barcode")


async def test_a_code_that_comes_back_is_no_former_code_any_more() -> None:
    [cup] = await added(CUP)

    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, code="CUP-2")}, by=1)
    await maintaining.edit_items({cup: CUP}, by=1)

    assert set(await told("barcode")) == {"06901234567892", "16901234567899", "CUP-2"}


async def test_a_new_factor_closes_the_old_meaning_and_opens_a_new_one() -> None:
    [cup] = await added(CUP)
    ten = msgspec.structs.replace(CUP, units=(UnitDraft("箱", 10),))

    await maintaining.edit_items({cup: ten}, by=1)

    assert (await told("barcode"))["16901234567899"]["factor"] == "10"
    assert (await told("item"))[f"i-{cup}"]["units"] == [{"name": "箱", "factor": "10"}]


async def test_a_barcode_taken_away_is_withdrawn_from_devices_and_search() -> None:
    [cup] = await added(CUP)

    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, barcodes=())}, by=1)

    assert await told("barcode") == {}
    assert await found(EAN) == []


async def test_a_barcode_can_move_from_one_item_to_another_in_one_go() -> None:
    cup, mug = await added(CUP, ItemDraft(code="MUG", name="杯"))
    drafts = await queries.item_drafts([cup, mug])
    changes = {
        cup: msgspec.structs.replace(drafts[cup], barcodes=()),
        mug: msgspec.structs.replace(drafts[mug], barcodes=(BarcodeDraft(EAN),)),
    }

    assert await maintaining.edit_items(changes, by=1) == Edited([cup, mug])

    assert await told("barcode") == {"06901234567892": {"item": f"i-{mug}", "unit": "件", "factor": "1"}}


async def test_an_edit_that_changes_nothing_is_no_edit() -> None:
    [cup] = await added(CUP)

    assert await maintaining.edit_items({cup: CUP}, by=1) == Edited([])

    assert await queries.item_version(cup) == 1
    assert [event.topic for event in await events.history(f"item:{cup}")] == ["item.added"]


async def test_an_editor_who_saw_an_older_version_is_told() -> None:
    [cup] = await added(CUP)
    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, name="杯")}, by=1)

    assert await maintaining.edit_item(cup, CUP, version=1, by=1) == Stale(2)


async def test_the_history_keeps_what_stood_before() -> None:
    [cup] = await added(CUP)

    await maintaining.edit_items({cup: msgspec.structs.replace(CUP, name="杯")}, by=7)

    [edited, _] = await events.history(f"item:{cup}")
    assert (edited.topic, edited.user, edited.body) == ("item.edited", 7, {"name": ["陶瓷杯", "杯"]})


async def test_an_item_switched_off_stays_known_to_devices_as_such() -> None:
    [cup] = await added(CUP)

    await maintaining.switch_items([cup], is_active=False, by=1)

    assert (await told("item"))[f"i-{cup}"]["active"] is False
    assert await found("cup") == []


class TestBinding:
    """A scanned code that nobody knew is bound to an item."""

    async def test_a_code_means_the_item_from_then_on(self) -> None:
        [cup] = await added(CUP)

        outcome = await maintaining.bind_barcode("4006381333931", cup, "箱", 12_000, by=1, at=clock.now())

        assert outcome == Bound()
        assert (await told("barcode"))["04006381333931"] == {"item": f"i-{cup}", "unit": "箱", "factor": "12"}
        assert await found("4006381333931") == ["CUP"]

    async def test_binding_it_again_changes_nothing(self) -> None:
        [cup] = await added(CUP)
        version = await queries.item_version(cup)

        assert await maintaining.bind_barcode(EAN, cup, "件", 1_000, by=1, at=clock.now()) == Bound()

        assert await queries.item_version(cup) == version

    async def test_a_code_of_another_item_is_refused_and_that_item_named(self) -> None:
        cup, mug = await added(CUP, ItemDraft(code="MUG", name="杯"))

        assert await maintaining.bind_barcode(EAN, mug, "件", 1_000, by=1, at=clock.now()) == NotBound(
            "taken", cup
        )
        assert await maintaining.bind_barcode("cup", mug, "件", 1_000, by=1, at=clock.now()) == NotBound(
            "taken", cup
        )

    async def test_a_later_decision_stands_against_an_older_one_that_arrives_late(self) -> None:
        [cup] = await added(CUP)

        outcome = await maintaining.bind_barcode(EAN, cup, "箱", 12_000, by=1, at=clock.now() - clock.HOUR)

        assert outcome == NotBound("overtaken", cup)

    async def test_the_unit_must_be_one_of_the_items_with_its_factor(self) -> None:
        [cup] = await added(CUP)

        outcomes = [
            await maintaining.bind_barcode("X1", cup, unit, factor, by=1, at=clock.now())
            for unit, factor in [("箱", 10_000), ("托", 12_000), ("份", 333)]
        ]

        assert outcomes == [NotBound("unit_unknown")] * 3

    @pytest.mark.parametrize(
        ("code", "reason"), [("", "missing"), ("CMD:OK", "reserved"), ("x" * 101, "long")]
    )
    async def test_codes_that_cannot_be_barcodes_are_refused(self, code: str, reason: str) -> None:
        [cup] = await added(CUP)

        outcome = await maintaining.bind_barcode(code, cup, "件", 1_000, by=1, at=clock.now())

        assert isinstance(outcome, NotBound)
        assert outcome.reason == reason

    async def test_the_code_of_a_place_is_no_barcode(self) -> None:
        [cup] = await added(CUP)
        await given.location("A-01")

        assert await maintaining.bind_barcode("a-01", cup, "件", 1_000, by=1, at=clock.now()) == NotBound(
            "location"
        )

    async def test_an_item_that_does_not_exist_gets_no_barcode(self) -> None:
        assert await maintaining.bind_barcode("X1", 99, "件", 1_000, by=1, at=clock.now()) == NotBound(
            "no_item"
        )


class TestLocations:
    """Places in a warehouse."""

    async def test_devices_are_told_of_a_location_in_the_scope_of_its_warehouse(self) -> None:
        warehouse = await given.warehouse()
        draft = LocationDraft(code="a-01-2", warehouse=warehouse, zone="cold", aisle="a", bay=1, level=2)

        outcome = await maintaining.add_locations([draft], by=1)

        assert isinstance(outcome, Added)
        assert (await told("location", f"warehouse:w-{warehouse}"))[f"l-{outcome.ids[0]}"] == {
            "code": "A-01-2",
            "warehouse": f"w-{warehouse}",
            "zone": "COLD",
            "kind": "bin",
            "aisle": "A",
            "bay": 1,
            "level": 2,
            "active": True,
        }
        assert [zone.code for zone in await queries.zones(warehouse)] == ["COLD"]

    async def test_a_code_is_one_place_in_the_whole_firm(self) -> None:
        main, north = await given.warehouse("MAIN"), await given.warehouse("NORTH")
        await maintaining.add_locations([LocationDraft(code="A-01", warehouse=main)], by=1)

        outcome = await maintaining.add_locations([LocationDraft(code="a-01", warehouse=north)], by=1)

        assert words(outcome) == [(0, "code", "code_taken")]

    async def test_edited_places_are_told_anew_and_keep_their_history(self) -> None:
        warehouse = await given.warehouse()
        place = await given.location("A-01")
        draft = LocationDraft(code="A-01", warehouse=warehouse, level=4, is_active=False)

        assert await maintaining.edit_locations({place: draft}, by=1) == Edited([place])

        row = (await told("location", f"warehouse:w-{warehouse}"))[f"l-{place}"]
        assert (row["level"], row["active"]) == (4, False)
        assert (await events.history(f"location:{place}"))[0].body == {
            "level": [0, 4],
            "is_active": [True, False],
        }


class TestAnItemThatTheLedgerKnows:
    """How it is counted may only change where the book stays right."""

    async def edited(self, of: str, **changes: object) -> list[tuple[str, str]]:
        key = await given.item(of)
        draft = msgspec.structs.replace((await queries.item_drafts([key]))[key], **changes)
        outcome = await maintaining.edit_items({key: draft}, by=0)
        faults = outcome.faults if isinstance(outcome, Refused) else []
        return [(fault.field, fault.word.rpartition(".")[2]) for fault in faults]

    @pytest.mark.parametrize("flag", ["has_lots", "has_serials"])
    async def test_lots_and_serials_are_not_switched_on_over_stock(self, flag: str) -> None:
        await given.stock("CUP", 3, at="A-01")

        assert await self.edited("CUP", **{flag: True}) == [(flag, "in_stock")]

    async def test_lots_and_expiry_are_not_switched_off_over_stock(self) -> None:
        await given.stock("MILK", 3, at="A-01", lot="L1", expiry="2027-01-01")

        refused = await self.edited("MILK", has_lots=False, has_expiry=False)

        assert refused == [("has_lots", "in_stock"), ("has_expiry", "in_stock")]

    async def test_the_base_unit_stays_even_when_all_has_gone(self) -> None:
        await given.stock("CUP", 3, at="A-01")
        await sold_out("CUP", 3)

        assert await self.edited("CUP", unit="箱") == [("unit", "unit_in_use")]
        assert await self.edited("CUP", has_serials=True) == []

    async def test_the_scale_only_covers_what_was_moved(self) -> None:
        await given.item("ROPE", scale=3)
        await given.stock("ROPE", "1.25", at="A-01")

        assert await self.edited("ROPE", scale=1) == [("scale", "scale_in_use")]
        assert await self.edited("ROPE", scale=2) == []
        assert await self.edited("ROPE", scale=3) == []

    async def test_what_was_never_moved_changes_freely(self) -> None:
        await given.item("CUP")

        changed = await self.edited("CUP", unit="箱", scale=0, has_lots=True, has_serials=True)

        assert changed == []

    async def test_names_and_codes_change_over_stock(self) -> None:
        await given.stock("CUP", 3, at="A-01")

        assert await self.edited("CUP", name="茶杯", code="MUG") == []


async def sold_out(code: str, amount: int) -> None:
    """Everything goes to a customer."""
    device = await given.pda("receiver", name="goods out")
    verdict = await device.report(
        "stock.move@1",
        item=f"i-{await given.item(code)}",
        quantity=str(amount),
        source=f"l-{await given.location('A-01')}",
        target=f"l-{await given.virtual('customer')}",
    )
    assert verdict.outcome == "applied", verdict
