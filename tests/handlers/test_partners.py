"""The pages about customers and suppliers."""

from litestar import Litestar

from tests.handlers.browsers import signed_in


async def test_a_partner_is_added_found_and_edited(app: Litestar) -> None:
    browser = await signed_in(app, "salesperson")
    form = {"code": "C1", "name": "华东贸易", "is_customer": "on", "is_active": "on", "phone": "021-5555"}

    added = await browser.post("/catalog/partners", data=form)
    path = added.headers["location"].split("?")[0]
    found = await browser.get("/catalog/partners?q=hdmy")
    edited = await browser.post(path, data=form | {"name": "华东商贸", "version": "1"})
    stale = await browser.post(path, data=form | {"name": "华南", "version": "1"})

    assert "华东贸易" in found.text
    assert (edited.status_code, stale.status_code) == (303, 409)
    assert "<del>华东贸易</del> → <ins>华东商贸</ins>" in (await browser.get(path)).text


async def test_a_partner_that_is_neither_customer_nor_supplier_is_refused(app: Litestar) -> None:
    browser = await signed_in(app)

    answer = await browser.post("/catalog/partners", data={"code": "C1", "name": "X"})

    assert answer.status_code == 422
    assert 'id="is_customer-error"' in answer.text
