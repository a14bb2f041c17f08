"""Devices on the desk: who holds them, what they still hold, letting them in and shutting them out."""

from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from server import clock, web
from server.catalog import queries as catalog
from server.people import queries as people
from server.people.queries import Person
from server.people.role import covers, permissions
from server.sync import enrolling, queries
from server.sync.presence import presence
from server.web import HTMXRequest, may

DONE = ("revoked",)


@get("/devices", guards=[may("manage devices")])
async def devices(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """Every device of the warehouses one works in, and since when it is silent."""
    now = clock.now()
    fleet = [
        (device, presence(device.seen_at, device.queue_depth, now))
        for device in await queries.fleet(request.user.warehouses)
    ]
    return web.page(request, "devices/devices.html", block="fleet", fleet=fleet, done=done in DONE)


@get("/devices/{device_id:int}/revocation", guards=[may("manage devices")])
async def ask_revocation(request: HTMXRequest, device_id: FromPath[int]) -> Response[str]:
    """What shutting a device out means, before it is done."""
    return web.page(request, "devices/revocation.html", device=await _reachable(request, device_id))


@post("/devices/{device_id:int}/revocation", guards=[may("manage devices")])
async def revoke(request: HTMXRequest, device_id: FromPath[int]) -> Response[str]:
    """Shut a device out."""
    device = await _reachable(request, device_id)
    await enrolling.revoke(device.id, by=request.user.id)
    return web.see("/devices?done=revoked")


async def _reachable(request: HTMXRequest, device_id: int) -> queries.FleetDevice:
    for device in await queries.fleet(request.user.warehouses):
        if device.id == device_id:
            return device
    raise NotFoundException


@get("/devices/invitations/new", guards=[may("manage devices")])
async def ask_invitation(request: HTMXRequest) -> Response[str]:
    """Choose who will use the new device, and where."""
    return await _asking(request, {}, {})


@post("/devices/invitations", guards=[may("manage devices")])
async def invite(request: HTMXRequest) -> Response[str]:
    """Show the code that lets one device in. It is not kept anywhere: reloading asks for a new one."""
    form = await web.form(request)
    chosen = {person.id: person for person in await _invitable(request)}.get(form.whole("person") or 0)
    houses = {house.id: house for house in await _houses(request)}
    house = houses.get(form.whole("warehouse") or 0)
    if chosen is None or house is None or not await _works_in(chosen, house.id):
        return await _asking(request, form.typed(), {"": "devices.inviting.wrong"}, status=422)
    invited = await enrolling.invite(chosen.id, house.id, by=request.user.id)
    return web.page(
        request,
        "devices/invited.html",
        person=chosen,
        warehouse=house,
        link=invited.link,
        expires_at=invited.expires * 1000,
        # Inside the page: as an address of its own the token would end in a log.
        picture=web.qr_picture(invited.link),
    )


async def _asking(
    request: HTMXRequest, values: dict[str, str], errors: dict[str, str], status: int = 200
) -> Response[str]:
    return web.page(
        request,
        "devices/invitation.html",
        status=status,
        people=await _invitable(request),
        houses=await _houses(request),
        values=values,
        errors=errors,
    )


async def _invitable(request: HTMXRequest) -> list[Person]:
    """Who may be given a device by this visitor: a device acts as its person, so nobody hands out more than
    they may do themselves."""
    return [
        person
        for person in await people.everybody()
        if person.is_active
        and "use devices" in permissions(person.role)
        and covers(request.user.role, person.role)
    ]


async def _houses(request: HTMXRequest) -> list[Any]:
    return [
        house for house in await catalog.warehouses() if house.is_active and request.user.reaches(house.id)
    ]


async def _works_in(person: Person, warehouse: int) -> bool:
    return person.sees_all_warehouses or warehouse in await catalog.warehouses_of(person.id)


routes = [devices, ask_revocation, revoke, ask_invitation, invite]
