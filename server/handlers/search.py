"""Search over everything, from any page of the desk."""

from typing import Any

from litestar import Response, get
from litestar.params import FromQuery

from server import web
from server.documents import finding
from server.web import HTMXRequest, may


@get("/search", guards=[may("see own account")])
async def search(request: HTMXRequest, q: FromQuery[str] = "") -> Response[str]:
    """What fits, grouped by kind, as one types; sent whole, the one thing that fits is opened at once."""
    groups = await finding.find(q, request.user.may, request.user.warehouses)
    is_typing = "HX-Request" in request.headers
    if not is_typing and (hit := finding.only_one(groups)):
        return web.see(hit.page)
    return web.page(
        request, "search/search.html", block="found", groups=groups, q=q.strip(), is_typing=is_typing
    )


routes: list[Any] = [search]
