"""What holds for the whole company: its name on papers, its prefix in the codes of cartons."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from server import web
from server.catalog import naming
from server.catalog.company import Company
from server.catalog.maintaining import Refused
from server.web import HTMXRequest, may

PATH = "/company"


@get(PATH, guards=[may("edit company")])
async def company_page(request: HTMXRequest, done: FromQuery[str] = "") -> Response[str]:
    """As it stands, to be changed."""
    values = web.flat(await naming.company_now())
    return web.page(
        request, "catalog/company.html", values=values, errors={}, done=done if done == "saved" else ""
    )


@post(PATH, guards=[may("edit company")])
async def describe(request: HTMXRequest) -> Response[str]:
    """Write it down."""
    form = await web.form(request)
    wanted = Company(**{field: form.text(field) for field in Company.__struct_fields__})
    outcome = await naming.describe(wanted, by=request.user.id)
    if isinstance(outcome, Refused):
        errors = web.errors(request, outcome.faults)
        return web.page(
            request, "catalog/company.html", status=422, values=web.flat(wanted), errors=errors, done=""
        )
    return web.see(f"{PATH}?done=saved")


routes: list[Any] = [company_page, describe]
