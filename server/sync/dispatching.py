"""What the desk does with goods that leave: outbound decides, and it is carried out as operations of our own.

Each of these is one commit, and obeys the same rules as a scan (see performing). A step that the warehouse does not
take is posted with the one beside it: what is not picked goes from the shelf, and what needs no shipping leaves.
"""

from collections.abc import Sequence
from datetime import date

from server import clock, quantity
from server.catalog.maintaining import Missing
from server.db import writing
from server.outbound import doubting, following, notice, packing, shipping, surveying
from server.outbound.following import Standing
from server.outbound.ordering import By
from server.outbound.releasing import Done, NotNow
from server.outbound.surveying import Content
from server.printing import queueing
from server.stock.lot import is_expired
from server.sync import performing, wire
from server.sync.performing import Act


async def pick(notice_id: int, tote: int, *, by: By) -> Done | NotNow | Missing:
    """All that is still to be picked was taken from where it was to be, into this tote."""
    async with writing():
        standing = await _standing(notice_id, by)
        if standing is None:
            return Missing()
        if standing.notice.state not in notice.TO_PICK:
            return NotNow(("state",))
        if not await surveying.is_tote(tote, standing.notice.warehouse):
            return NotNow(("no_tote",))
        acts = _picks(standing, tote)
        if not acts:
            return NotNow(("no_place",))
        await performing.perform(acts, by=by.person)
        return await _go_on(notice_id, by)


def _picks(standing: Standing, target: int) -> list[Act]:
    """Everything from where it was to be taken."""
    return [
        Act(
            "stock.pick@1",
            wire.Pick(
                item=f"i-{each.item}",
                quantity=quantity.format(each.rest),
                source=f"l-{each.location}",
                target=f"l-{target}",
                lot=each.lot,
                serial=each.serial,
                document=standing.notice.document,
                line=str(each.line),
            ),
        )
        for each in standing.pinned
        if each.rest
    ]


async def pack(notice_id: int, carton: int, *, by: By) -> Done | NotNow | Missing:
    """All that lies in the totes of this notice was put into this carton of it."""
    async with writing():
        standing = await _standing(notice_id, by)
        if standing is None:
            return Missing()
        own = {one.location: one for one in (await surveying.cartons([notice_id])).get(notice_id, [])}
        if standing.notice.state not in notice.LIVE:
            return NotNow(("state",))
        if carton not in own or own[carton].state != "open":
            return NotNow(("no_carton",))
        inside = [each for each in await _inside(standing) if each.kind == "tote"]
        acts = [] if standing.steps.picks else _picks(standing, carton)
        if not inside and not acts:
            return NotNow(("nothing_to_pack",))
        if inside:
            lines = [_line(each, source=f"l-{each.location}") for each in inside]
            packed = wire.Carton(carton=f"l-{carton}", document=standing.notice.document, lines=lines)
            acts.append(Act("stock.pack@1", packed))
        await performing.perform(acts, by=by.person)
        return await _go_on(notice_id, by)


async def label_cartons(warehouse: int, count: int, *, by: By) -> Done | NotNow | Missing:
    """Cartons for whoever packs next, with their labels; without a printer they are made and can be printed later."""
    if not 0 < warehouse < 2**31:
        return Missing()
    async with writing():
        made = await packing.label_ahead(warehouse, count, by=by)
        if not isinstance(made, list):
            return made
        for place, code in made:
            wish = queueing.Wish(subject="location", location=place)
            await queueing.request_label(wish, request_id=f"carton-{code}", by=by.person)
        return Done(warehouse, "made")


async def check(notice_id: int, *, by: By) -> Done | NotNow | Missing:
    """Somebody looked into every carton of this notice and found all as it should be."""
    async with writing():
        standing = await _standing(notice_id, by)
        if standing is None:
            return Missing()
        if standing.next != "check":
            return NotNow(("state",))
        # Where nobody checks, a new label may be scanned by whoever picked.
        if standing.steps.checkers and (
            why := notice.why_not_check(by.person, standing.seen, standing.story)
        ):
            return NotNow((why,))
        document = standing.notice.document
        acts = [
            Act("stock.check@1", wire.Carton(carton=f"l-{place}", document=document))
            for place, inside in sorted(standing.story.contents.items())
            if inside
        ]
        await performing.perform(acts, by=by.person)
        return await _go_on(notice_id, by)


async def ship(
    notice_id: int, carrier: str, tracking: str, *, today: date, by: By
) -> Done | NotNow | Missing:
    """Everything that was picked for this notice left with this carrier; a lot that is held meanwhile stays."""
    async with writing():
        standing = await _standing(notice_id, by)
        if standing is None:
            return Missing()
        if standing.next != "ship":
            return NotNow(("old_label" if standing.void_labels else "state",))
        if standing.put_backs():
            return NotNow(("too_much",))
        if await doubting.is_doubted(notice_id):
            return NotNow(("to_verify",))
        inside = await _inside(standing)
        if not standing.steps.picks:
            inside += await _on_shelves(standing)
        if not inside:
            return NotNow(("nothing_to_ship",))
        if any(each.is_held for each in inside):
            return NotNow(("lot_held",))
        if any(is_expired(each.expiry, today) for each in inside):
            return NotNow(("expired_lot",))
        await shipping.send_by(notice_id, carrier, tracking, by=by)
        await performing.perform(_shipments(standing, inside, carrier, tracking), by=by.person)
        return await _done(notice_id)


def _shipments(standing: Standing, inside: Sequence[Content], carrier: str, tracking: str) -> list[Act]:
    document = standing.notice.document
    places: dict[int, list[wire.Content]] = {}
    for each in inside:
        places.setdefault(each.location, []).append(_line(each))
    return [
        Act(
            "stock.ship@1",
            wire.Carton(
                carton=f"l-{place}",
                document=document,
                lines=lines,
                carrier=carrier[:100],
                tracking=tracking[:100],
            ),
        )
        for place, lines in places.items()
    ]


def _line(each: Content, source: str | None = None) -> wire.Content:
    return wire.Content(
        item=f"i-{each.item}",
        quantity=quantity.format(each.on_hand),
        source=source,
        lot=each.lot,
        serial=each.serial,
    )


async def _standing(notice_id: int, by: By) -> Standing | None:
    found = await following.gather([notice_id])
    return found[0] if found and by.reaches(found[0].notice.warehouse) else None


async def _inside(standing: Standing) -> list[Content]:
    """What of this notice lies in its totes and cartons; what others put into the same tote stays theirs."""
    own = standing.story.contents
    return [
        surveying.some_of(each, min(each.on_hand, much))
        for each in await surveying.contents(own)
        if (much := own[each.location].get(notice.Goods(each.item, each.lot, each.serial), 0))
    ]


async def _on_shelves(standing: Standing) -> list[Content]:
    """What of this notice still lies where it was to be taken from."""
    asked = {
        (each.location, each.item, each.lot, each.serial): each.rest for each in standing.pinned if each.rest
    }
    return [
        surveying.some_of(each, min(each.on_hand, asked[place]))
        for each in await surveying.contents(place[0] for place in asked)
        if (place := (each.location, each.item, each.lot, each.serial)) in asked
    ]


async def _go_on(notice_id: int, by: By) -> Done:
    """Where shipping is no step of its own, what is ready leaves; what may not leave waits to be sent."""
    standing = await _standing(notice_id, by)
    assert standing is not None, "it was there a moment ago"
    one = standing.notice
    if not standing.steps.ships and standing.next == "ship":
        sent = await ship(notice_id, one.carrier, one.tracking, today=clock.today(), by=by)
        if isinstance(sent, Done):
            return sent
    return Done(notice_id, one.state)


async def _done(notice_id: int) -> Done:
    after = await surveying.notice(notice_id)
    assert after is not None, "a notice is never deleted"
    return Done(notice_id, after.state)
