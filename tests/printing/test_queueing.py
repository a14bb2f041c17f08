"""Labels asked for, claimed, reported and reprinted, on a real database."""

import asyncio

import msgspec
import pytest

from print_agent import wire
from print_agent.wire import Evidence
from server import clock, db
from server.db import writing
from server.printing import job, pairing, queries, queueing, raster
from server.printing.queueing import Wish
from tests import given

TOKEN = "spool"


class Desk(msgspec.Struct):
    """A paired station and an item to print."""

    station: int
    key: str
    item: int


@pytest.fixture
async def desk(database: db.Database) -> Desk:
    item = await given.item("CUP", name="蓝色马克杯")
    await pairing.ensure_first_station()
    station = (await queries.stations())[0]
    code = await pairing.invite(station.id, by=1)
    assert code is not None
    paired = await pairing.pair(code.code, "test")
    assert paired is not None
    return Desk(station.id, paired.key, item)


async def asked(wish: Wish, request_id: str = "r-1") -> int:
    outcome = await queueing.request_label(wish, request_id=request_id, by=0)
    assert isinstance(outcome, queueing.Asked), outcome
    return outcome.job


async def state(job_id: int) -> job.Job:
    row = await queries.job(job_id)
    assert row is not None
    return row.job


async def claimed(desk: Desk, job_id: int) -> wire.Claim:
    await queueing.prepare_drafts()
    attempt = (await state(job_id)).attempt
    outcome = await queueing.claim(desk.station, job_id, wire.Taking(attempt, TOKEN))
    assert isinstance(outcome, wire.Claim), outcome
    return outcome


async def told(desk: Desk, job_id: int, what: wire.AgentState, number: int, copy: int = 0) -> wire.Answer:
    attempt = (await state(job_id)).attempt
    report = wire.Report(attempt, what, number, TOKEN, Evidence.SENT, copy, 1)
    outcome = await queueing.report(desk.station, job_id, report)
    assert isinstance(outcome, wire.Answer), outcome
    return outcome


async def printed(desk: Desk, job_id: int) -> None:
    await claimed(desk, job_id)
    await told(desk, job_id, "spooled", 1)
    await told(desk, job_id, "printed", 2, copy=1)


async def test_a_label_asked_for_twice_is_one_job(desk: Desk) -> None:
    first = await asked(Wish("item", item=desk.item))
    again = await asked(Wish("item", item=desk.item))

    assert first == again
    assert len((await queries.jobs(is_open=True)).rows) == 1


async def test_a_wish_goes_with_the_transaction_it_was_made_in(desk: Desk) -> None:
    async def ask_and_fail() -> None:
        async with writing():
            await asked(Wish("item", item=desk.item))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_fail()

    assert (await queries.jobs(is_open=True)).rows == []


async def test_asking_draws_nothing_and_the_first_who_needs_it_does(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    assert await queries.pictures(job_id) == (None, None)

    offers = await queueing.wait_for_offers(desk.station, TOKEN, 0)

    plain, _ = await queries.pictures(job_id)
    assert [(offer.job, offer.title) for offer in offers] == [(f"j-{job_id}", "CUP 蓝色马克杯")]
    assert plain is not None
    assert raster.read_codes(raster.from_png(plain)) == ["ITM-CUP"]


async def test_a_waiting_agent_hears_of_a_label_at_once(desk: Desk) -> None:
    waiting = asyncio.create_task(queueing.wait_for_offers(desk.station, TOKEN, 10))
    await asyncio.sleep(0.05)
    started = clock.monotonic()
    await asked(Wish("item", item=desk.item))

    assert len(await waiting) == 1
    assert clock.monotonic() - started < 1.5


async def test_a_lot_label_carries_what_is_known_of_the_lot(desk: Desk) -> None:
    await given.stock("MILK", 5, at="A-01", lot="L2409", expiry="2027-03-31")
    milk = await given.item("MILK")

    job_id = await asked(Wish("item", item=milk, lot="L2409"))
    await queueing.prepare(job_id)

    plain, _ = await queries.pictures(job_id)
    assert plain is not None
    assert raster.read_codes(raster.from_png(plain)) == ["ITM-MILK/L-L2409/E-20270331"]


async def test_a_location_label_is_drawn_for_any_media(desk: Desk) -> None:
    location = await given.location("A-01-02")

    job_id = await asked(Wish("location", location=location))
    await queueing.prepare(job_id)

    plain, _ = await queries.pictures(job_id)
    assert plain is not None
    assert raster.from_png(plain).size == (800, 560)


async def test_a_label_of_nothing_fails_with_its_reason(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=99_999))

    await queueing.prepare(job_id)

    assert (await state(job_id)).trouble == "unknown_item"


@pytest.mark.parametrize("wish", [Wish("item"), Wish("location", item=1), Wish("item", item=1, copies=0)])
async def test_a_wish_without_subject_or_copies_is_refused(desk: Desk, wish: Wish) -> None:
    assert await queueing.request_label(wish, request_id="r", by=0) == queueing.Refused("malformed")


async def test_a_wish_for_an_unknown_printer_is_refused(desk: Desk) -> None:
    wish = Wish("item", item=desk.item, printer="nowhere")

    assert await queueing.request_label(wish, request_id="r", by=0) == queueing.Refused("no_printer")


async def test_a_job_goes_from_wish_to_paper_with_its_story(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await printed(desk, job_id)

    story = [line.state for line in reversed(await queries.story(job_id))]

    assert story == ["draft", "queued", "claimed", "spooled", "printed"]
    assert (await state(job_id)).done == 1


async def test_heartbeats_do_not_fill_the_story(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await claimed(desk, job_id)
    for number in range(1, 10):
        assert (await told(desk, job_id, "spooled", number)).taken

    assert len(await queries.story(job_id)) == 4


async def test_the_payload_is_a_picture_or_zpl_of_the_same_label(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item, copies=2))
    claim = await claimed(desk, job_id)

    async def fetched(language: wire.Language, copy: int = 1) -> bytes | queueing.Refused:
        return await queueing.payload(
            desk.station, job_id, attempt=claim.attempt, token=TOKEN, copy=copy, language=language
        )

    png, zpl = await fetched("png"), await fetched("zpl", 2)
    assert isinstance(png, bytes)
    assert raster.read_codes(raster.from_png(png)) == ["ITM-CUP"]
    assert isinstance(zpl, bytes)
    assert zpl.startswith(f"^XA^FXj-{job_id} a1 c2^FS".encode())
    assert await fetched("png", 3) == queueing.Refused("copy")


async def test_another_station_sees_nothing_of_a_job(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await queueing.prepare(job_id)
    other = await pairing.add_station("second", by=1)

    refused = queueing.Refused("unknown_job")
    assert await queueing.claim(other, job_id, wire.Taking(1, TOKEN)) == refused
    assert await queueing.report(other, job_id, wire.Report(1, "printed", 1, TOKEN)) == refused
    assert await queueing.payload(other, job_id, attempt=1, token=TOKEN, copy=1, language="png") == refused
    assert await queueing.wait_for_offers(other, TOKEN, 0) == []


async def test_a_reprint_is_the_same_label_with_the_mark(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await printed(desk, job_id)
    plain, _ = await queries.pictures(job_id)

    await queueing.reprint(job_id, by=0)
    claim = await claimed(desk, job_id)
    again = await queueing.payload(
        desk.station, job_id, attempt=claim.attempt, token=TOKEN, copy=1, language="png"
    )

    assert claim.attempt == 2
    assert isinstance(again, bytes)
    assert again != plain
    assert (await queries.pictures(job_id))[0] == plain


async def test_a_reprint_repeats_what_was_printed_not_what_was_renamed(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await printed(desk, job_id)
    async with writing():
        await db.execute(db.Statement("UPDATE item SET name = 'renamed' WHERE id = ?"), desk.item)

    await queueing.reprint(job_id, by=0)
    await queueing.prepare(job_id)

    row = await queries.job(job_id)
    assert row is not None
    assert "蓝色马克杯" in row.title


async def test_a_doubtful_label_waits_for_a_person(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))
    await claimed(desk, job_id)
    await told(desk, job_id, "spooled", 1)
    await told(desk, job_id, "unknown", 2, copy=1)
    assert await queueing.wait_for_offers(desk.station, TOKEN, 0) == []

    await queueing.answer(job_id, 0, by=0)
    claim = await claimed(desk, job_id)

    marked = (await queries.pictures(job_id))[1]
    assert claim.attempt == 2
    assert (
        await queueing.payload(desk.station, job_id, attempt=2, token=TOKEN, copy=1, language="png") == marked
    )


async def test_a_cancelled_job_is_not_offered(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))

    await queueing.cancel(job_id, by=0)

    assert await queueing.wait_for_offers(desk.station, TOKEN, 0) == []
    assert isinstance(await queueing.cancel(job_id, by=0), job.Refused)


async def test_time_returns_leases_ages_labels_and_notices_silence(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, old, silent = [await asked(Wish("item", item=desk.item), name) for name in ("a", "b", "c")]
    await claimed(desk, lost)
    await claimed(desk, silent)
    await told(desk, silent, "spooled", 1)
    start = clock.now()

    monkeypatch.setattr(clock, "now", lambda: start + 61 * clock.SECOND)
    await queueing.let_time_pass()
    assert (await state(lost)).state == "queued"

    monkeypatch.setattr(clock, "now", lambda: start + 6 * clock.MINUTE)
    await queueing.let_time_pass()
    assert (await state(silent)).state == "unknown"

    monkeypatch.setattr(clock, "now", lambda: start + 31 * clock.MINUTE)
    await queueing.let_time_pass()
    assert [(await state(one)).state for one in (lost, old, silent)] == ["expired", "expired", "unknown"]

    await queueing.try_again(old, by=0)
    await queueing.prepare(old)
    assert (await state(old)).state == "queued"


async def test_a_pairing_code_works_once_and_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    code = await pairing.invite(desk.station, by=1)
    assert code is not None
    typed = f"{code.code[:4]}-{code.code[4:].lower()}"

    paired = await pairing.pair(typed, "pc")

    assert paired is not None
    assert await pairing.pair(typed, "pc") is None
    assert await pairing.recognise(desk.key) is None  # the earlier agent is locked out
    assert await pairing.recognise(paired.key) is not None
    late = await pairing.invite(desk.station, by=1)
    assert late is not None
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + 11 * clock.MINUTE)
    assert await pairing.pair(late.code, "pc") is None


async def test_keys_and_codes_are_never_stored(desk: Desk) -> None:
    code = await pairing.invite(desk.station, by=1)
    assert code is not None

    stored = await db.fetch(db.Statement("SELECT * FROM print_station"))

    assert desk.key not in str([tuple(row) for row in stored])
    assert code.code not in str([tuple(row) for row in stored])


async def test_a_revoked_station_is_a_stranger(desk: Desk) -> None:
    await pairing.revoke(desk.station, by=1)

    assert await pairing.recognise(desk.key) is None
    assert await pairing.recognise("") is None


async def test_a_printer_is_checked_before_it_is_added(desk: Desk) -> None:
    wrong = await pairing.add_printer(
        desk.station, pairing.PrinterDraft(" ", "tcp9100", "nowhere", 204, "1x1", "raw"), by=1
    )

    assert isinstance(wrong, dict)
    assert set(wrong) == {"name", "address", "dpi", "media", "encoding"}


async def test_a_chosen_printer_and_its_label_size_decide_the_layout(desk: Desk) -> None:
    small = await pairing.add_printer(
        desk.station, pairing.PrinterDraft("Zebra", "tcp9100", "10.0.0.9:9100", 300, "40x30"), by=1
    )
    location = await given.location("A-01-02")

    fits = await asked(Wish("item", item=desk.item, printer="Zebra"), "fits")
    misfit = await asked(Wish("location", location=location, printer=f"p-{small}"), "misfit")
    await queueing.prepare_drafts()

    plain, _ = await queries.pictures(fits)
    assert plain is not None
    assert raster.from_png(plain).size == (472, 354)
    assert (await state(misfit)).trouble.startswith("wrong_media")
    claim = await claimed(desk, fits)
    assert (claim.printer.backend, claim.printer.address) == ("tcp9100", "10.0.0.9:9100")


async def test_the_default_printer_can_be_chosen(desk: Desk) -> None:
    second = await pairing.add_printer(desk.station, pairing.PrinterDraft("second"), by=1)
    assert isinstance(second, int)

    await pairing.choose_default(second, by=1)

    assert (await queries.usable_printers())[0].id == second


async def test_labels_are_drawn_even_when_no_agent_asks(desk: Desk) -> None:
    job_id = await asked(Wish("item", item=desk.item))

    await queueing.tend()

    assert (await state(job_id)).state == "queued"
