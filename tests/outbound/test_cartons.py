"""Cartons as devices report them: labels printed ahead, sealing in any order, two proven people, the door."""

import hashlib
from typing import Any

import pytest

from server import clock, db, ids
from server.catalog import dealing, naming, queries
from server.catalog.company import Company
from server.catalog.gs1 import is_sscc
from server.catalog.maintaining import Edited, Missing, Refused
from server.catalog.terms import PartnerTerms
from server.db import Statement, fetch
from server.outbound import delivering, packing, surveying
from server.outbound.delivering import Kept, NotKept
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.people import maintaining, proof
from server.sync import dispatching
from server.sync.verdict import Ruling
from tests import given
from tests.outbound.floor import picker, released, shown, standing, steps, tote
from tests.outbound.orders import ADA, customer

pytestmark = pytest.mark.database

_PIN_HASH = Statement("SELECT pin_hash FROM user_account WHERE id = ?")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


async def picked(**amounts: int) -> int:
    """A notice of which wang has everything in tote T-1."""
    notice = await released(**amounts)
    outcome = await dispatching.pick(notice, await tote(), by=By(await picker()))
    assert outcome == Done(notice, "picked"), outcome
    return notice


async def box() -> tuple[int, str]:
    """A carton whose label was printed ahead: its place and code."""
    made = await packing.label_ahead(await given.warehouse(), 1, by=ADA)
    assert isinstance(made, list)
    return made[0]


async def held_by(name: str) -> given.Pda:
    await picker(name)
    return await given.pda(name, name=f"{name}'s")


async def pack(device: given.Pda, notice: int, carton: int, **amounts: int) -> Any:
    lines = [
        {"item": f"i-{await given.item(code)}", "quantity": str(much), "source": f"l-{await tote()}"}
        for code, much in amounts.items()
    ]
    return await device.report("stock.pack@1", carton=f"l-{carton}", document=f"sn-{notice}", lines=lines)


async def key(device: given.Pda, person: int) -> str:
    return proof.key_of_pin((await fetch(_PIN_HASH, person))[0][0], device.wire_id)


async def check(
    device: given.Pda,
    notice: int,
    carton: int,
    *,
    second: int = 0,
    by: str = "",
    changed: bool = False,
    **found: int,
) -> Ruling:
    """What was found in a carton; with `second` that person seals it with the key `by`."""
    lines = [{"item": f"i-{await given.item(code)}", "quantity": str(much)} for code, much in found.items()]
    args: dict[str, Any] = {"carton": f"l-{carton}", "document": f"sn-{notice}", "lines": lines}
    operation = ids.uuid7()
    if second:
        said = [args["carton"], args["document"], [[one["item"], one["quantity"], "", ""] for one in lines]]
        shown = f"u-{second}"
        sealed = proof.seal(by, device.wire_id, shown, "pin", operation, said)
        args["proof"] = {"user": shown, "by": "pin", "seal": sealed}
    if changed:
        args["lines"] = []
    verdict = await device.report("stock.check@1", fields={"id": operation}, **args)
    return Ruling(verdict.outcome, verdict.reason)


async def test_a_carton_labelled_ahead_becomes_a_box_of_whoever_packs_into_it(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, code = await box()

    await pack(await held_by("wang"), notice, place, CUP=3)

    (own,) = (await surveying.cartons([notice]))[notice]
    assert (own.location, own.sscc, own.state, is_sscc(code)) == (place, code, "open", True)
    assert (await standing(notice)).state == "packed"
    row = (await shown("notice"))[f"sn-{notice}"]
    assert row["cartons"] == [{"location": f"l-{place}", "code": code, "state": "open"}]
    assert (row["totes"], row["pickers"], row["checkers"]) == ([], [f"u-{await picker()}"], 1)
    assert row["checked"] == {f"l-{place}": []}


async def test_the_company_prefix_stands_in_the_code_of_a_carton(database: db.Database) -> None:
    assert isinstance(await naming.describe(Company(gs1_prefix="69012"), by=1), Refused)
    assert isinstance(await naming.describe(Company(gs1_prefix="0000000"), by=1), Refused)
    assert isinstance(await naming.describe(Company(gs1_prefix="690 1234-5"), by=1), Edited)

    place, code = await box()

    assert (code[:9], is_sscc(code)) == ("069012345", True)
    assert (await queries.location_ids_by_code([code])) == {code: place}


async def test_labels_are_made_ahead_only_where_one_works(database: db.Database) -> None:
    house = await given.warehouse()

    assert await packing.label_ahead(house, 0, by=ADA) == NotNow(("labels",))
    assert await packing.label_ahead(house, 1, by=By(1, warehouses=frozenset())) == Missing()


async def test_of_sealings_and_openings_the_latest_counts_however_they_arrive(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    early, late = await held_by("chen"), await held_by("li")
    await pack(late, notice, place, CUP=3)
    about: dict[str, Any] = {"carton": f"l-{place}", "document": f"sn-{notice}"}
    before = clock.now() // 1000 - 60_000

    await late.report("stock.pack@1", **about, state="open")
    captured = {"wall": before, "monotonic": before, "boot": "test", "offset": 0, "error": 5}
    await early.report("stock.pack@1", fields={"captured": captured}, **about, state="sealed", weight="2.4")

    (own,) = (await surveying.cartons([notice]))[notice]
    assert own.state == "open"
    again = await late.report("stock.pack@1", **about, state="sealed", weight="2.5", size="400x300x200")
    (own,) = (await surveying.cartons([notice]))[notice]
    assert (own.state, own.weight_g, own.length_mm) == ("sealed", 2500, 400)
    assert (await standing(notice)).weight_g == 2500
    await late.report("op.undo@1", operation=again.id)
    assert (await surveying.cartons([notice]))[notice][0].state == "open"


async def test_a_customer_may_ask_for_two_pairs_of_eyes(database: db.Database) -> None:
    await dealing.agree(await customer(), PartnerTerms(is_double_checked=True), version=1, by=1)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    await pack(await held_by("wang"), notice, place, CUP=3)
    li, zhao = await held_by("li"), await picker("zhao")

    assert await check(li, notice, place, CUP=3) == Ruling("applied")
    assert (await standing(notice)).state == "packed"
    assert await check(li, notice, place, second=zhao, by=await key(li, zhao), CUP=3) == Ruling("applied")
    assert (await standing(notice)).state == "checked"


async def test_only_the_second_person_themselves_can_vouch(database: db.Database) -> None:
    await steps(checkers=2)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    await pack(await held_by("wang"), notice, place, CUP=3)
    li, zhao = await held_by("li"), await picker("zhao")
    other = await held_by("chen")
    own, elsewhere = await key(li, zhao), await key(other, zhao)

    forged = await check(li, notice, place, second=zhao, by="00" * 32, CUP=3)
    of_another_device = await check(li, notice, place, second=zhao, by=elsewhere, CUP=3)
    for_other_contents = await check(li, notice, place, second=zhao, by=own, changed=True, CUP=3)
    himself = await check(
        li, notice, place, second=await picker("li"), by=await key(li, await picker("li")), CUP=3
    )

    assert {forged, of_another_device, for_other_contents} == {Ruling("warning", "proof_wrong")}
    assert himself == Ruling("warning", "proof_same_person")
    assert (await standing(notice)).state == "packed"


async def test_the_picker_vouches_for_nothing_and_a_change_voids_both_looks(database: db.Database) -> None:
    await steps(checkers=2)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    wang = await held_by("wang")
    await pack(wang, notice, place, CUP=2)
    li, zhao = await held_by("li"), await picker("zhao")

    await pack(wang, notice, place, CUP=1)
    await check(li, notice, place, second=await picker(), by=await key(li, await picker()), CUP=3)
    assert (await standing(notice)).state == "packed"
    await check(li, notice, place, second=zhao, by=await key(li, zhao), CUP=3)
    assert (await standing(notice)).state == "checked"
    out: dict[str, Any] = {
        "item": f"i-{await given.item('CUP')}",
        "quantity": "1",
        "document": f"sn-{notice}",
    }
    await wang.report("stock.move@1", **out, source=f"l-{place}", target=f"l-{await tote()}")
    await pack(wang, notice, place, CUP=1)
    assert (await standing(notice)).state == "packed"


async def test_a_new_pin_and_a_closed_account_make_old_keys_worthless(database: db.Database) -> None:
    await steps(checkers=2)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    await pack(await held_by("wang"), notice, place, CUP=3)
    li, zhao = await held_by("li"), await picker("zhao")
    old = await key(li, zhao)

    await maintaining.set_pin(zhao, "7193", by=1)
    with_the_old_pin = await check(li, notice, place, second=zhao, by=old, CUP=3)
    now = await key(li, zhao)
    async with db.writing():
        await db.execute(Statement("UPDATE user_account SET is_active = ? WHERE id = ?"), False, zhao)
    who_left = await check(li, notice, place, second=zhao, by=now, CUP=3)

    assert {with_the_old_pin, who_left} == {Ruling("warning", "proof_wrong")}
    assert (await standing(notice)).state == "packed"


async def test_a_look_that_is_taken_back_has_not_been_one(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    place, _ = await box()
    await pack(await held_by("wang"), notice, place, CUP=3)
    li = await held_by("li")
    about: dict[str, Any] = {"carton": f"l-{place}", "document": f"sn-{notice}"}
    looked = await li.report("stock.check@1", **about)
    assert (await standing(notice)).state == "checked"

    await li.report("op.undo@1", operation=looked.id)

    assert (await standing(notice)).state == "packed"


async def sent() -> tuple[int, given.Pda]:
    """A notice that left in two cartons with numbers of their own."""
    await steps(checkers=0)
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    wang = await held_by("wang")
    for much, number in ((2, "SF2"), (1, "SF1")):
        place, _ = await box()
        await pack(wang, notice, place, CUP=much)
        about: dict[str, Any] = {"carton": f"l-{place}", "document": f"sn-{notice}"}
        await wang.report("stock.ship@1", **about, carrier="顺丰", tracking=number)
    return notice, wang


async def test_every_carton_leaves_with_its_own_number(database: db.Database) -> None:
    notice, _ = await sent()

    stands = await standing(notice)
    assert (stands.state, stands.carrier, stands.tracking) == ("shipped", "顺丰", "SF1, SF2")


async def test_a_signature_is_attached_once_whenever_it_comes(database: db.Database) -> None:
    notice, wang = await sent()
    digest = hashlib.sha256(PNG).hexdigest()
    device = int(wang.wire_id[2:])

    early = await delivering.keep(device, digest, PNG)
    await wang.report(
        "delivery.confirm@1", document=f"sn-{notice}", outcome="delivered", signer="陈", signature=digest
    )
    stranger = await delivering.keep(device + 1, digest, PNG)
    broken = await delivering.keep(device, digest, PNG + b"!")
    twice = [await delivering.keep(device, digest, PNG) for _ in range(2)]

    assert (early, stranger) == (NotKept("not_awaited"), NotKept("not_awaited"))
    assert (broken, twice) == (NotKept("broken"), [Kept(), Kept()])
    (door,) = await delivering.of_notice(notice)
    assert (door.outcome, door.signer, door.person) == ("delivered", "陈", "wang")
    assert [(one.kind, one.attachment > 0) for one in door.files] == [("signature", True)]
    attached = Statement("SELECT count(*) FROM document_attachment WHERE subject = ?")
    assert (await fetch(attached, f"sn-{notice}"))[0][0] == 1
    assert (await standing(notice)).delivery == "delivered"


async def test_of_two_reports_from_the_door_the_later_holds_until_it_is_taken_back(
    database: db.Database,
) -> None:
    notice, wang = await sent()
    about: dict[str, Any] = {"document": f"sn-{notice}"}

    await wang.report("delivery.confirm@1", **about, outcome="delivered")
    refused = await wang.report("delivery.confirm@1", **about, outcome="refused", reason="破损")

    assert (await standing(notice)).delivery == "refused"
    await wang.report("op.undo@1", operation=refused.id)
    assert (await standing(notice)).delivery == "delivered"


async def test_a_door_of_no_notice_waits_for_a_person(database: db.Database) -> None:
    wang = await held_by("wang")

    verdict = await wang.report("delivery.confirm@1", document="sn-999", outcome="delivered")

    assert (verdict.outcome, verdict.reason) == ("held", "not_found")


async def test_a_new_carton_is_claimed_for_what_is_at_work(database: db.Database) -> None:
    await given.stock("CUP", 10, at="A-01")
    notice = await picked(CUP=3)
    wang = await held_by("wang")

    made = await wang.report("carton.open@1", document=f"sn-{notice}")
    nowhere = await wang.report("carton.open@1", document="sn-999")

    assert made.outcome in ("applied", "warning")
    assert len((await shown("notice"))[f"sn-{notice}"]["cartons"]) == 1
    assert (nowhere.outcome, nowhere.reason) == ("rejected", "not_found")
