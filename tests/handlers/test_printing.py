"""Printing on the desk: asking, looking, deciding, and the stations."""

from io import BytesIO

import httpx
import pytest
from litestar import Litestar
from PIL import Image

from print_agent import wire
from server.db import Statement, fetch
from server.printing import pairing, queries, queueing, raster
from server.printing.queueing import Wish
from tests import given
from tests.handlers.browsers import signed_in

ROLES_WITHOUT_LABELS = ("salesperson", "buyer", "finance")
PATHS = ("/printing/jobs", "/printing/stations", "/printing/labels/item/1.png")


async def job_of(item: int, *, copies: int = 1) -> int:
    outcome = await queueing.request_label(Wish("item", item=item, copies=copies), request_id="r", by=0)
    assert isinstance(outcome, queueing.Asked)
    await queueing.prepare(outcome.job)
    return outcome.job


async def report(job_id: int, state: wire.AgentState, number: int, copy: int = 1) -> None:
    row = await queries.job(job_id)
    assert row is not None
    if row.job.state == "queued":
        await queueing.claim(row.station, job_id, wire.Taking(row.job.attempt, "spool"))
        await queueing.report(row.station, job_id, wire.Report(row.job.attempt, "spooled", 1, "spool"))
    told = wire.Report(row.job.attempt, state, number + 1, "spool", wire.Evidence.CONSUMED, copy)
    await queueing.report(row.station, job_id, told)


async def test_a_label_asked_for_on_the_desk_shows_its_picture(app: Litestar) -> None:
    item = await given.item("CUP", name="马克杯")
    desk = await signed_in(app, "storekeeper")

    answer = await desk.post("/printing/jobs", data={"subject": "item", "item": str(item), "copies": "2"})
    page = await desk.get(answer.headers["location"])
    picture = await desk.get(f"{answer.headers['location']}/picture.png")

    assert answer.status_code == 303
    assert "CUP 马克杯" in page.text
    assert "0 of 2" in page.text
    assert raster.read_codes(Image.open(BytesIO(picture.content))) == ["ITM-CUP"]


async def test_a_double_click_asks_once(app: Litestar) -> None:
    item = await given.item("CUP")
    desk = await signed_in(app, "storekeeper")

    asked = [
        await desk.post(
            "/printing/jobs", data={"subject": "item", "item": str(item), "request_id": "click-1"}
        )
        for _ in range(2)
    ]

    assert asked[0].headers["location"] == asked[1].headers["location"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"subject": "item"},
        {"subject": "cat", "item": "1"},
        {"subject": "item", "item": "1", "copies": "501"},
    ],
)
async def test_a_wish_without_sense_is_explained(app: Litestar, form: dict[str, str]) -> None:
    desk = await signed_in(app, "storekeeper")

    answer = await desk.post("/printing/jobs", data=form)

    assert answer.status_code == 422
    assert "Nothing is printed" in answer.text


async def test_a_scripted_name_is_shown_as_text(app: Litestar) -> None:
    item = await given.item("EVIL", name="<script>alert(1)</script>")
    desk = await signed_in(app, "storekeeper")
    job_id = await job_of(item)

    page = await desk.get(f"/printing/jobs/{job_id}")

    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


async def test_a_doubtful_label_asks_and_the_answer_is_taken(app: Litestar) -> None:
    desk = await signed_in(app, "storekeeper")
    job_id = await job_of(await given.item("CUP"), copies=3)
    await report(job_id, "unknown", 1, copy=2)

    page = await desk.get(f"/printing/jobs/{job_id}")
    answer = await desk.post(f"/printing/jobs/{job_id}/answer", data={"came_out": "1"})
    after = await desk.get(f"/printing/jobs/{job_id}")

    assert "Unsure: look at the printer" in page.text
    assert "which of labels 2 to 2 are there?" in page.text
    assert answer.status_code == 303
    assert "Attempt 2" in after.text


async def test_a_printed_label_is_reprinted_with_one_tap(app: Litestar) -> None:
    desk = await signed_in(app, "storekeeper")
    job_id = await job_of(await given.item("CUP"))
    await report(job_id, "printed", 1)

    page = await desk.get(f"/printing/jobs/{job_id}")
    await desk.post(f"/printing/jobs/{job_id}/reprint")

    assert "The printer took all the data" in page.text
    row = await queries.job(job_id)
    assert row is not None
    assert (row.job.attempt, row.job.state, row.job.marked_through) == (2, "queued", 1)


async def test_a_decision_that_comes_too_late_shows_how_things_stand(app: Litestar) -> None:
    desk = await signed_in(app, "storekeeper")
    job_id = await job_of(await given.item("CUP"))
    await report(job_id, "printed", 1)

    answer = await desk.post(f"/printing/jobs/{job_id}/cancellation")

    assert answer.status_code == 409
    assert "The job has moved on meanwhile" in answer.text


async def test_the_list_names_what_is_wrong_in_words(app: Litestar) -> None:
    desk = await signed_in(app, "storekeeper")
    await job_of(99_999)

    page = await desk.get("/printing/jobs")
    part = await desk.get("/printing/jobs", headers={"HX-Request": "true"})

    assert "There is no such item" in page.text
    assert part.text.lstrip().startswith("<section")


async def test_a_label_can_be_looked_at_before_it_is_asked_for(app: Litestar) -> None:
    await given.stock("MILK", 1, at="A-01", lot="L1", expiry="2027-03-31")
    lots = await fetch(Statement("SELECT id FROM lot"))
    places = await fetch(Statement("SELECT id FROM location WHERE code = 'A-01'"))
    desk = await signed_in(app, "storekeeper")

    lot = await desk.get(f"/printing/labels/lot/{lots[0][0]}.png")
    place = await desk.get(f"/printing/labels/location/{places[0][0]}.png")

    assert raster.read_codes(Image.open(BytesIO(lot.content))) == ["ITM-MILK/L-L1/E-20270331"]
    assert raster.read_codes(Image.open(BytesIO(place.content))) == ["LOC-A-01"]
    assert (await queries.jobs(is_open=False)).rows == []


@pytest.mark.parametrize(
    "path", ["item/9999.png", "cat/1.png", "item/x.png", "item/1.pdf", "item/99999999999.png"]
)
async def test_there_is_no_label_of_nothing(app: Litestar, path: str) -> None:
    desk = await signed_in(app, "storekeeper")

    assert (await desk.get(f"/printing/labels/{path}")).status_code == 404


async def test_a_station_is_paired_from_its_page(app: Litestar, client: httpx.AsyncClient) -> None:
    desk = await signed_in(app, "supervisor")
    page = await desk.get("/printing/stations")
    station = (await queries.stations())[0]

    shown = await desk.post(f"/printing/stations/{station.id}/pairing-code")
    code = shown.text.split('id="pairing-code" class="code">')[1].split("<")[0]
    paired = await client.post("/print/pair", json={"code": code, "name": "dock PC"})

    assert "This computer" in page.text
    assert shown.status_code == 201
    assert paired.json()["station"] == f"s-{station.id}"
    await client.get("/print/jobs", headers={"Authorization": f"Bearer {paired.json()['key']}"})
    assert "dock PC" in (await desk.get("/printing/stations")).text


async def test_a_printer_is_added_and_made_the_default(app: Litestar) -> None:
    desk = await signed_in(app, "supervisor")
    await pairing.ensure_first_station()
    station = (await queries.stations())[0].id
    form = {"name": "Zebra", "backend": "tcp9100", "address": "10.0.0.9:9100", "dpi": "300", "media": "60x40"}

    wrong = await desk.post(
        f"/printing/stations/{station}/printers", data=form | {"encoding": "z64", "address": "x"}
    )
    added = await desk.post(f"/printing/stations/{station}/printers", data=form | {"encoding": "z64"})
    printer = (await queries.printers(station))[-1]
    await desk.post(f"/printing/printers/{printer.id}/default")

    assert (await desk.get(f"/printing/stations/{station}/printers/new")).status_code == 200
    assert wrong.status_code == 422
    assert "Please write host:port" in wrong.text
    assert added.status_code == 303
    assert (await queries.usable_printers())[0].name == "Zebra"


async def test_stations_are_added_and_their_keys_revoked(app: Litestar) -> None:
    desk = await signed_in(app, "administrator")
    await desk.post("/printing/stations", data={"name": "Dock 2"})
    station = (await queries.stations())[-1]
    code = await pairing.invite(station.id, by=0)
    assert code is not None
    paired = await pairing.pair(code.code, "pc")
    assert paired is not None

    await desk.post(f"/printing/stations/{station.id}/revocation")

    assert await pairing.recognise(paired.key) is None
    assert (await desk.post("/printing/stations", data={"name": " "})).status_code == 422


@pytest.mark.parametrize("role", ROLES_WITHOUT_LABELS)
async def test_who_may_not_print_is_refused_everywhere(app: Litestar, role: str) -> None:
    desk = await signed_in(app, role)
    job_id = await job_of(await given.item("CUP"))

    seen = [await desk.get(path) for path in (*PATHS, f"/printing/jobs/{job_id}")]
    done = [
        await desk.post(f"/printing/jobs/{job_id}/{what}")
        for what in ("answer", "reprint", "retry", "cancellation")
    ]

    assert {answer.status_code for answer in (*seen, *done)} == {403}
    assert (await desk.post("/printing/jobs", data={"subject": "item", "item": "1"})).status_code == 403


async def test_a_storekeeper_prints_but_does_not_set_up_stations(app: Litestar) -> None:
    desk = await signed_in(app, "storekeeper")
    await pairing.ensure_first_station()
    station = (await queries.stations())[0].id

    posts = [
        "/printing/stations",
        f"/printing/stations/{station}/pairing-code",
        f"/printing/stations/{station}/revocation",
        f"/printing/stations/{station}/printers",
        "/printing/printers/1/default",
    ]

    assert {(await desk.post(path)).status_code for path in posts} == {403}
    assert (await desk.get("/printing/stations")).status_code == 200
    assert (await desk.get(f"/printing/stations/{station}/printers/new")).status_code == 403


@pytest.mark.parametrize("number", [0, 99_999, 2**40])
async def test_jobs_and_stations_that_do_not_exist_are_not_found(app: Litestar, number: int) -> None:
    desk = await signed_in(app, "administrator")

    gets = [f"/printing/jobs/{number}", f"/printing/jobs/{number}/picture.png"]
    posts = [
        f"/printing/jobs/{number}/reprint",
        f"/printing/stations/{number}/pairing-code",
        f"/printing/stations/{number}/printers",
        f"/printing/printers/{number}/default",
    ]
    form = {"name": "x", "backend": "png", "dpi": "203", "media": "any", "encoding": "z64"}

    assert {(await desk.get(path)).status_code for path in gets} == {404}
    assert {(await desk.post(path, data=form)).status_code for path in posts} == {404}
