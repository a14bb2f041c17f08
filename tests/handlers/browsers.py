"""Browsers of people who have signed in."""

import httpx
from litestar import Litestar

from tests import given
from tests.conftest import visitor


async def signed_in(
    app: Litestar, role: str = "administrator", *, name: str = "", warehouses: tuple[str, ...] = ("MAIN",)
) -> httpx.AsyncClient:
    """The browser of somebody with this role, who sees all warehouses if they are the administrator."""
    name = name or f"the-{role}"
    sees_all = role == "administrator"
    await given.person(name, role=role, warehouses=warehouses, language="en", sees_all_warehouses=sees_all)
    browser = visitor(app)
    answer = await browser.post("/sign-in", data={"name": name, "password": given.PASSWORD})
    assert answer.status_code == 303, answer.text
    return browser
