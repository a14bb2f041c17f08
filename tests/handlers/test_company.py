"""What holds for the whole company, as administrators see it."""

from litestar import Litestar

from tests.handlers.browsers import signed_in


async def test_the_company_prefix_is_an_administrators(app: Litestar) -> None:
    keeper = await signed_in(app, "storekeeper")
    boss = await signed_in(app, "administrator")

    refused = await boss.post("/company", data={"gs1_prefix": "12"})
    saved = await boss.post("/company", data={"gs1_prefix": "6901234"})
    page = await boss.get("/company")

    assert (refused.status_code, saved.status_code) == (422, 303)
    assert 'value="6901234"' in page.text
    assert (await keeper.get("/company")).status_code == 403
