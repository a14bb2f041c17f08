"""Push: whatever network, restarts or broken devices do, each operation takes effect once and is answered."""

import gzip
import hashlib
import json
from typing import Any

import pytest

from server import feed
from server.db import Statement, execute, fetch, writing
from server.sync import enrolling, reconciling
from server.sync.verdict import Ruling
from tests.sync.client import Device, Record, Reply, canonical
from tests.sync.conftest import Floor, assert_ledger_balances, do, incidents, outcomes, verdicts

APPLIED = ("applied", None)


async def raw_push(
    device: Device, operations: list[Any] | bytes, path: str = "/sync/push", **fields: Any
) -> Reply:
    """Push what no proper device would send."""
    if isinstance(operations, bytes):
        body = device.body([], **fields).replace(b'"operations": []', b'"operations": [' + operations + b"]")
    else:
        body = device.body([Record(0, one) for one in operations], **fields)
    reply = await device.post(body, path)
    assert reply is not None
    return reply


async def test_a_batch_sent_twice_takes_effect_once_and_is_answered_the_same(floor: Floor) -> None:
    device = await floor.device()
    for amount in (3, 4, 5):
        device.record(*floor.receive("CUP", amount, "A-01"))
    body = device.body()

    first, second = await device.post(body), await device.post(body)

    assert first is not None and second is not None
    assert first.json()["verdicts"] == second.json()["verdicts"]
    assert [verdict["outcome"] for verdict in first.json()["verdicts"]] == ["applied"] * 3
    assert second.json()["ack"] == 3
    assert await floor.on_hand("CUP", "A-01") == "12"
    await assert_ledger_balances()


async def test_a_lost_answer_after_the_commit_changes_nothing(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    device.record(*floor.receive("CUP", 4, "A-01"))
    await device.post(device.body())  # the answer never arrives
    device.record(*floor.receive("CUP", 5, "A-01"))

    assert await device.push() == "taken"

    assert verdicts(device) == [APPLIED] * 3
    assert device.store.ack == 3
    assert await floor.on_hand("CUP", "A-01") == "12"


async def test_batches_that_overtake_each_other_are_put_in_order(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    device.record(*floor.receive("CUP", 4, "A-01"))
    early, late = device.body(device.queue()[:1]), device.body(device.queue()[1:])

    overtaking = await device.post(late)
    assert overtaking is not None
    assert (overtaking.status, overtaking.json()["ack"], overtaking.json()["verdicts"]) == (200, 0, [])
    await device.post(early)
    await device.post(late)

    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_operations_in_reverse_inside_a_batch_are_not_taken_out_of_order(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    device.record(*floor.receive("CUP", 4, "A-01"))

    reply = await device.post(device.body(device.queue()[::-1]))

    assert reply is not None
    assert reply.json()["ack"] == 0
    assert await floor.on_hand("CUP", "A-01") == "0"
    assert await device.push() == "taken"
    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_a_prefix_is_taken_up_to_the_gap(floor: Floor) -> None:
    device = await floor.device()
    for amount in (1, 2, 4):
        device.record(*floor.receive("CUP", amount, "A-01"))
    first, _, third = device.queue()

    reply = await device.post(device.body([first, third]))

    assert reply is not None
    assert reply.json()["ack"] == 1
    assert [verdict["n"] for verdict in reply.json()["verdicts"]] == [1]
    assert await floor.on_hand("CUP", "A-01") == "1"
    await device.sync()
    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_another_history_under_the_same_numbers_is_a_clone(floor: Floor) -> None:
    device = await floor.device()
    operation = device.record(*floor.receive("CUP", 3, "A-01"))
    await device.push()
    forged = {**operation, "args": {**operation["args"], "quantity": "300"}}

    reply = await raw_push(device, [forged])

    assert (reply.status, reply.json()["reason"]) == (409, "cloned")
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_a_chain_that_does_not_fit_what_was_acknowledged_is_a_clone(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))
    next_one = device.record(*floor.receive("CUP", 4, "A-01"))

    reply = await raw_push(device, [{**next_one, "previous": "0" * 16}])

    assert (reply.status, reply.json()["reason"]) == (409, "cloned")
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_a_cloned_device_begins_a_new_incarnation_and_loses_nothing(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))
    device.store.records[1].operation["args"]["quantity"] = "30"  # the other clone's history
    device.store.last_n, device.store.previous = 1, "f" * 16
    device.record(*floor.receive("CUP", 4, "A-01"))

    assert await device.push() == "cloned"
    acknowledged = await device.begin_again()
    rescued = await device.post(device.body())

    assert 1 in acknowledged.values()
    assert rescued is not None
    assert [said["outcome"] for said in rescued.json()["verdicts"]] == ["duplicate", "applied"]
    assert await floor.on_hand("CUP", "A-01") == "7"


async def test_an_incarnation_nobody_announced_is_refused(floor: Floor) -> None:
    device = await floor.device()
    operation = device.record(*floor.receive("CUP", 3, "A-01"))

    reply = await raw_push(device, [operation], incarnation="0123456789abcdef")

    assert (reply.status, reply.json()["reason"]) == (409, "incarnation")


MALFORMED: dict[str, bytes] = {
    "not an object": b'"hello"',
    "a number": b"5",
    "nothing": b"null",
    "a list": b"[]",
    "empty": b"{}",
    "no arguments": b'{"id":"01890000-0000-7000-8000-000000000000","n":2,"kind":"stock.move@1"}',
    "a number that is text": b'{"n":"2","id":"x"}',
    "a number that is a fraction": b'{"n":2.5,"id":"x"}',
    "a number below one": b'{"n":-7,"id":"x"}',
    "a huge number in captured": b'{"n":2,"id":"x","captured":{"wall":123456789012345678901234567890}}',
    "half a character": b'{"n":2,"id":"x","args":{"lot":"\\ud800"}}',
    "half a character as id": b'{"n":2,"id":"\\udfff\\ud800"}',
    "a zero character": b'{"n":2,"id":"a\\u0000b","kind":"stock.\\u0000"}',
    "an id with a hash": b'{"n":2,"id":"a#b#c"}',
    "a long id": b'{"n":2,"id":"' + b"x" * 90 + b'"}',
    "an infinite number": b'{"n":2,"id":"x","args":{"quantity":1e999}}',
    "a fraction that machines write differently": b'{"n":2,"id":"x","args":{"weight":1e-7}}',
    "a name twice": b'{"n":2,"id":"x","n":2}',
}


@pytest.mark.parametrize("what", MALFORMED)
async def test_a_malformed_operation_in_the_middle_is_rejected_and_its_neighbours_stand(
    floor: Floor, what: str
) -> None:
    device = await floor.device()
    before = device.record(*floor.receive("CUP", 3, "A-01"))
    broken = MALFORMED[what]
    after = device.record(*floor.receive("CUP", 4, "A-01"))
    after = {**after, "n": 3, "previous": hashlib.sha256(broken).hexdigest()[:16]}
    body = b", ".join((json.dumps(before).encode(), broken, json.dumps(after).encode()))

    first, again = await raw_push(device, body), await raw_push(device, body)

    assert first.status == 200, first.body
    said = first.json()["verdicts"]
    assert [verdict["outcome"] for verdict in said] == ["applied", "rejected", "applied"], said
    assert (said[1]["n"], said[1]["reason"]) == (2, "malformed")
    assert again.json().get("verdicts") == said, "a verdict never changes"
    assert again.json()["ack"] == 3
    assert await floor.on_hand("CUP", "A-01") == "7"
    await assert_ledger_balances()


async def test_a_malformed_operation_alone_is_taken_once_even_without_a_number(floor: Floor) -> None:
    device = await floor.device()

    first, again = await raw_push(device, b'{"what":1}'), await raw_push(device, b'{"what":1}')

    assert (first.json()["ack"], again.json()["ack"]) == (1, 1)
    assert first.json()["verdicts"] == again.json()["verdicts"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "3.0001"),
        ("quantity", "-3"),
        ("quantity", "3\n"),
        ("quantity", "٣"),
        ("quantity", 3),
        ("quantity", "0"),
        ("item", "301"),
        ("item", "i-99999999999"),
        ("target", "l-1x"),
        ("lot", "x" * 201),
        ("lot", "A\u0000B"),
        ("expiry", "31.12.2026"),
        ("serial", None),
    ],
)
async def test_arguments_that_cannot_be_read_are_rejected(floor: Floor, field: str, value: object) -> None:
    device = await floor.device()

    kind, args = floor.receive("CUP", 3, "A-01")

    verdict = await do(device, (kind, {**args, field: value}))

    assert (verdict["outcome"], verdict["reason"]) == ("rejected", "malformed")
    assert (await do(device, (kind, args)))["outcome"] == "applied"
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_arguments_nobody_knows_are_kept(floor: Floor) -> None:
    device = await floor.device()

    verdict = await do(
        device, floor.receive("CUP", 3, "A-01", weather="rain", nested={"a": [1, None, "龙🐉"]})
    )

    assert verdict["outcome"] == "applied"
    body = (await fetch(Statement("SELECT body, digest FROM operation WHERE id = ?"), verdict["id"]))[0]
    assert json.loads(body[0])["args"]["weather"] == "rain"
    own = device.store.records[1].operation
    assert (body[0].encode(), body[1]) == (canonical(own), hashlib.sha256(canonical(own)).hexdigest())


async def test_something_named_that_does_not_exist_is_held(floor: Floor) -> None:
    device = await floor.device()
    item = ("stock.receive@1", {**floor.receive("CUP", 3, "A-01")[1], "item": "i-999999"})
    place = ("stock.receive@1", {**floor.receive("CUP", 3, "A-01")[1], "target": "l-999999"})

    assert (await do(device, item))["reason"] == "unknown_item"
    verdict = await do(device, place)

    assert (verdict["outcome"], verdict["reason"]) == ("held", "unknown_location")
    assert ("held", verdict["id"]) in await incidents()


async def test_a_kind_of_the_future_is_held_and_kept(floor: Floor) -> None:
    device = await floor.device()

    verdict = await do(device, ("stock.teleport@7", {"item": floor.items["CUP"]}))

    assert (verdict["outcome"], verdict["reason"]) == ("held", "unknown_kind")
    assert (await outcomes())[verdict["id"]] == "held"
    assert (await do(device, floor.receive("CUP", 3, "A-01")))["outcome"] == "applied"


@pytest.mark.parametrize(
    "kind", ["order.place@1", "order.change@1", "order.cancel@1", "task.take@1", "quota.take@1"]
)
async def test_a_claim_that_this_release_does_not_offer_is_rejected(floor: Floor, kind: str) -> None:
    device = await floor.device()

    verdict = await do(device, (kind, {"anything": "1"}))

    assert verdict["outcome"] == "rejected"


@pytest.mark.parametrize("filler", ["x", "仓", "🐉"])
async def test_an_operation_that_is_too_large_is_rejected_and_kept(floor: Floor, filler: str) -> None:
    device = await floor.device()
    text = "a" + filler * (9000 // len(filler.encode()))

    verdict = await do(device, floor.receive("CUP", 3, "A-01", note=text))

    assert (verdict["outcome"], verdict["reason"]) == ("rejected", "too_large")
    assert (await do(device, floor.receive("CUP", 4, "A-01")))["outcome"] == "applied"
    stored = device.store.records[1].operation
    again = await raw_push(device, [stored])
    assert again.json()["verdicts"] == [verdict]
    await device.begin_again()
    rescued = await device.post(device.body())
    assert rescued is not None
    assert [said["outcome"] for said in rescued.json()["verdicts"]] == ["duplicate", "duplicate"]


async def test_a_batch_that_is_too_large_is_halved_by_the_device(floor: Floor) -> None:
    device = await floor.device()
    for _ in range(250):
        device.record(*floor.receive("CUP", 1, "A-01"))

    reply = await device.post(device.body(device.queue()))
    assert reply is not None and reply.status == 413
    assert device.absorb(b"", reply) == "halved"
    await device.sync()

    assert device.store.ack == 250
    assert await floor.on_hand("CUP", "A-01") == "250"


async def test_too_many_bytes_are_refused_even_when_they_come_small(floor: Floor) -> None:
    device = await floor.device()
    bomb = gzip.compress(b'{"device":"' + b"0" * 50_000_000 + b'"}')

    plain = await device.send("POST", "/sync/push", device.headers, b" " * 300_000)
    packed = await device.send("POST", "/sync/push", {**device.headers, "Content-Encoding": "gzip"}, bomb)

    assert plain is not None and plain.status == 413
    assert packed is not None and packed.status == 413


async def test_gzip_is_understood_and_hashed_as_it_was_before(floor: Floor) -> None:
    device = await floor.device()
    device.compress = True
    device.record(*floor.receive("CUP", 3, "A-01"))

    assert await device.push() == "taken"

    assert await floor.on_hand("CUP", "A-01") == "3"


@pytest.mark.parametrize("cut", [1, 12, 40])
async def test_a_truncated_body_is_refused_whole(floor: Floor, cut: int) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    packed = gzip.compress(device.body())
    headers = {**device.headers, "Content-Encoding": "gzip"}

    short_gzip = await device.send("POST", "/sync/push", headers, packed[:-cut])
    short_json = await device.send("POST", "/sync/push", device.headers, device.body()[:-cut])

    assert short_gzip is not None and short_gzip.status == 400
    assert short_json is not None and short_json.status == 400
    assert await floor.on_hand("CUP", "A-01") == "0"
    assert await device.push() == "taken"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"device":5}', b"\xff\xfe", b"<html>", b"[" * 9000]
)
async def test_what_is_not_a_push_is_a_bad_request(floor: Floor, body: bytes) -> None:
    device = await floor.device()

    reply = await device.send("POST", "/sync/push", device.headers, body)

    assert reply is not None and reply.status == 400


async def test_every_answer_names_the_protocol_and_the_batch(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    body = device.body()

    reply = await device.post(body)

    assert reply is not None
    told = reply.json()
    assert told["protocol"] == "stockhand-sync/1"
    assert told["batch"] == hashlib.sha256(body).hexdigest()
    assert {"generation", "ack", "safe", "verdicts", "head", "now", "oldest_app"} <= set(told)
    assert told["safe"] == 0


async def test_a_device_believes_no_captive_portal(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    body = device.body()

    for page in (
        b"<html>Please accept</html>",
        b"{}",
        b'{"protocol":"stockhand-sync/1","ack":1,"batch":"00"}',
    ):
        assert device.absorb(body, Reply(200, page)) == "foreign"

    assert device.store.ack == 0
    assert await device.push() == "taken"


async def test_an_empty_push_is_answered_with_where_the_server_stands(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))

    reply = await raw_push(device, [])

    assert (reply.status, reply.json()["ack"], reply.json()["verdicts"]) == (200, 1, [])


async def test_nobody_pushes_without_a_known_secret(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    mine = f"{device.store.device}."
    for bearer in (
        "",
        "Bearer x",
        f"Bearer {mine}wrong",
        f"Bearer {mine}",
        "Bearer d-999999.x",
    ):
        reply = await device.send("POST", "/sync/push", {"Authorization": bearer}, device.body())
        assert reply is not None and reply.status == 401, bearer


async def test_nobody_pushes_for_another_device(floor: Floor) -> None:
    mine, other = await floor.device(), await floor.device("li")
    other.record(*floor.receive("CUP", 3, "A-01"))

    reply = await mine.send("POST", "/sync/push", mine.headers, other.body())

    assert reply is not None and reply.status == 403


async def test_another_generation_is_told_before_anything_is_taken(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))
    await device.pull()
    async with writing():
        await execute(Statement("UPDATE feed_head SET generation = generation + 1"))
    device.record(*floor.receive("CUP", 4, "A-01"))

    assert await device.push() == "restored"
    assert await floor.on_hand("CUP", "A-01") == "3"
    await device.sync()

    assert device.store.generation == 2
    assert device.on_hand(floor.items["CUP"], floor.places["A-01"]) == 7
    assert device.reports == []


async def test_a_revoked_device_is_shut_out_and_what_it_holds_is_kept_for_a_person(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))
    await enrolling.revoke(int(device.store.device[2:]))

    assert await device.push() == "refused"
    pull = await device.ask_page(0, 10)
    assert pull is not None and pull.status == 403
    body = device.body()
    reply = await device.post(body, "/sync/quarantine")

    assert reply is not None
    assert [(said["outcome"], said["reason"]) for said in reply.json()["verdicts"]] == [
        ("held", "quarantine")
    ]
    assert await floor.on_hand("CUP", "A-01") == "0"
    again = await device.post(body, "/sync/quarantine")
    assert again is not None and again.json()["verdicts"] == reply.json()["verdicts"]
    assert len([one for one in await incidents() if one[0] == "held"]) == 1


async def test_a_device_in_good_standing_may_use_the_quarantine_as_if_it_pushed(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.receive("CUP", 3, "A-01"))

    reply = await device.post(device.body(), "/sync/quarantine")

    assert reply is not None and reply.json()["verdicts"][0]["outcome"] == "applied"


async def test_a_device_that_lost_its_store_rescues_the_copies_under_their_old_ids(floor: Floor) -> None:
    device = await floor.device()
    await do(device, floor.receive("CUP", 3, "A-01"))
    device.record(*floor.receive("CUP", 4, "A-01"))
    device.record(*floor.move("CUP", 2, "A-01", "A-02"))

    await device.rescue()
    await device.sync()

    assert [said[0] for said in verdicts(device)] == ["duplicate", "applied", "applied"]
    assert (await floor.on_hand("CUP", "A-01"), await floor.on_hand("CUP", "A-02")) == ("5", "2")
    assert await incidents() == []


async def test_the_same_id_with_another_content_is_not_taken_and_looked_into(floor: Floor) -> None:
    device, other = await floor.device(), await floor.device("li")
    first = await do(device, floor.receive("CUP", 3, "A-01"))

    verdict = await do(other, floor.receive("CUP", 50, "A-01"), id=first["id"])

    assert verdict["outcome"] == "duplicate"
    assert await floor.on_hand("CUP", "A-01") == "3"
    assert ("same_id", first["id"]) in await incidents()


async def test_the_same_id_twice_inside_one_batch_takes_effect_once(floor: Floor) -> None:
    device = await floor.device()
    first = device.record(*floor.receive("CUP", 3, "A-01"))
    device.record(*floor.receive("CUP", 3, "A-01"), id=first["id"], captured=first["captured"])

    await device.push()

    assert [said[0] for said in verdicts(device)] == ["applied", "duplicate"]
    assert await floor.on_hand("CUP", "A-01") == "3"
    assert await incidents() == []


async def test_a_verdict_never_changes_whatever_happens_later(floor: Floor) -> None:
    device = await floor.device()
    device.record(*floor.move("CUP", 3, "A-01", "A-02"))
    device.record("stock.teleport@7", {})
    device.record(*floor.count("A-01", CUP=9))
    body = device.body()
    first = await device.post(body)
    assert first is not None and device.absorb(body, first) == "taken"
    await do(device, floor.receive("CUP", 30, "A-01"))
    await do(device, ("op.undo@1", {"operation": device.store.records[1].operation["id"]}))

    again = await device.post(body)

    assert again is not None
    assert again.json()["verdicts"] == first.json()["verdicts"]
    assert (
        first.json()["verdicts"][0]["task"] is not None or first.json()["verdicts"][0]["reason"] == "suspense"
    )


async def test_an_operation_we_stumble_over_is_held_and_the_batch_goes_on(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reconciling.decide

    def stumbling(doing: Any, world: Any) -> Ruling:
        ruling = real(doing, world)
        if getattr(doing.args, "quantity", "") == "13":
            raise RuntimeError("a bug after posting")
        return ruling

    monkeypatch.setattr(reconciling, "decide", stumbling)
    device = await floor.device()
    for amount in (3, 13, 4):
        device.record(*floor.receive("CUP", amount, "A-01"))

    await device.push()

    assert verdicts(device) == [APPLIED, ("held", "internal"), APPLIED]
    assert await floor.on_hand("CUP", "A-01") == "7"
    await assert_ledger_balances()


async def test_a_quantity_beyond_what_the_book_can_hold_is_held_and_nothing_else_waits(floor: Floor) -> None:
    device = await floor.device()
    for _ in range(12):
        device.record(*floor.receive("ROPE", "999999999999999", "A-01"))
    device.record(*floor.receive("CUP", 4, "A-01"))

    await device.push()

    said = [outcome for outcome, _ in verdicts(device)]
    assert said[0] == "applied" and said[-1] == "applied" and "held" in said
    assert await floor.on_hand("CUP", "A-01") == "4"


@pytest.mark.parametrize("user", ["u-99999999999999999999", "u-2147483648", "u-999999", "wang", "u-", "u-²"])
async def test_a_person_nobody_knows_still_reports_facts(floor: Floor, user: str) -> None:
    device = await floor.device()

    verdict = await do(device, floor.receive("CUP", 3, "A-01"), user=user)

    assert (verdict["outcome"], verdict["reason"]) == ("warning", "unknown_user")
    assert await floor.on_hand("CUP", "A-01") == "3"


async def test_many_devices_at_once_share_commits_and_everything_counts_once(floor: Floor) -> None:
    import asyncio

    devices = [await floor.device(f"picker{index}") for index in range(8)]
    for device in devices:
        for _ in range(25):
            device.record(*floor.receive("CUP", 1, "A-01"))

    await asyncio.gather(*(device.push() for device in devices), *(device.push() for device in devices))

    assert {device.store.ack for device in devices} == {25}
    assert await floor.on_hand("CUP", "A-01") == "200"
    head = await feed.head()
    seqs = [row[0] for row in await fetch(Statement("SELECT seq FROM feed_row ORDER BY seq"))]
    assert len(set(seqs)) == len(seqs) and seqs[-1] == head.seq
    await assert_ledger_balances()
