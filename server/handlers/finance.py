"""What stock is worth, for those who may see costs."""

from datetime import date, timedelta
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter

from server import clock, web
from server.config import settings
from server.finance import costing, queries
from server.web import HTMXRequest, may

DAYS = 30
"""How far back the value by day is shown."""


@get("/finance/value", guards=[may("see costs")])
async def value(
    request: HTMXRequest,
    day: Annotated[str, QueryParameter(max_length=10)] = "",
    page: FromQuery[int] = 1,
) -> Response[str]:
    """Stock and its value at the end of a day, and how the value went in the days before."""
    # Whoever looks sees every movement there is, even one of this second.
    await costing.catch_up()
    chosen = _day(day)
    number = web.page_number(page)
    return web.page(
        request,
        "finance/value.html",
        block="list",
        day=chosen.isoformat(),
        today=clock.today().isoformat(),
        values=await queries.values(chosen.isoformat(), page=number),
        number=number,
        days=await queries.days((chosen - timedelta(days=DAYS)).isoformat(), chosen.isoformat()),
        method=settings().costing,
    )


def _day(text: str) -> date:
    """The day that was asked for; today when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return clock.today()


routes: list[Any] = [value]
