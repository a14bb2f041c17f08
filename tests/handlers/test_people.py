"""The pages about people."""

import re

from litestar import Litestar

from server.catalog import queries as catalog
from server.people import authenticating, queries
from tests import given
from tests.conftest import visitor
from tests.handlers.browsers import signed_in

LI = {
    "name": "Li",
    "display_name": "李雷",
    "role": "storekeeper",
    "language": "zh",
    "is_active": "on",
    "password": "copper-lantern-9",
}


async def test_somebody_new_can_sign_in_at_once(app: Litestar) -> None:
    browser = await signed_in(app)

    added = await browser.post("/people", data=LI)
    entered = await visitor(app).post("/sign-in", data={"name": "LI", "password": "copper-lantern-9"})

    assert added.status_code == 303
    assert entered.status_code == 303


async def test_everything_wrong_is_told_at_once_and_what_was_typed_stays(app: Litestar) -> None:
    browser = await signed_in(app)

    answer = await browser.post("/people", data=LI | {"name": "", "role": "emperor", "password": "short"})

    assert answer.status_code == 422
    assert re.findall(r'id="(\w+)-error"', answer.text) == ["name", "role", "password"]
    assert 'value="李雷"' in answer.text
    assert "short" not in re.findall(r'value="([^"]*)"', answer.text)


async def test_a_name_can_be_given_once(app: Litestar) -> None:
    browser = await signed_in(app)
    await browser.post("/people", data=LI)

    answer = await browser.post("/people", data=LI | {"name": "LI"})

    assert answer.status_code == 422
    assert "Somebody has this name already" in answer.text


async def test_somebody_works_in_the_warehouses_that_are_ticked(app: Litestar) -> None:
    browser = await signed_in(app)
    main, north = await given.warehouse("MAIN"), await given.warehouse("NORTH")

    await browser.post("/people", data=LI | {"warehouse": [str(north), "999"]})

    person = await queries.by_name("li")
    assert person is not None
    assert await catalog.warehouses_of(person.id) == {north}
    assert main != north


async def test_who_is_switched_off_is_out_at_once(app: Litestar) -> None:
    browser, theirs = await signed_in(app), await signed_in(app, "buyer")
    person = await queries.by_name("the-buyer")
    assert person is not None
    form = {"name": "the-buyer", "role": "buyer", "language": "en", "version": str(person.version)}

    answer = await browser.post(f"/people/{person.id}", data=form)

    assert answer.status_code == 303
    assert (await theirs.get("/")).headers["location"].startswith("/sign-in")


async def test_two_editors_do_not_overwrite_each_other(app: Litestar) -> None:
    browser = await signed_in(app)
    person = await given.person("wang", language="en")
    form = {"name": "wang", "role": "storekeeper", "language": "en", "is_active": "on", "version": "1"}

    first = await browser.post(f"/people/{person}", data=form | {"display_name": "First"})
    second = await browser.post(f"/people/{person}", data=form | {"display_name": "Second"})
    again = await browser.post(f"/people/{person}", data=form | {"display_name": "Second", "version": "2"})

    assert (first.status_code, second.status_code, again.status_code) == (303, 409, 303)
    assert 'value="Second"' in second.text
    assert 'name="version" value="2"' in second.text


async def test_the_last_administrator_stays(app: Litestar) -> None:
    browser = await signed_in(app)
    person = await queries.by_name("the-administrator")
    assert person is not None
    form = {"name": person.name, "role": "buyer", "language": "en", "is_active": "on", "version": "1"}

    answer = await browser.post(f"/people/{person.id}", data=form)

    assert answer.status_code == 422
    assert "last administrator" in answer.text


async def test_a_new_badge_is_shown_once_and_works_with_the_pin(app: Litestar) -> None:
    browser = await signed_in(app)
    person = await given.person("wang")

    page = await browser.post(f"/people/{person}/badge")

    [badge] = re.findall(r"<code>([0-9A-Z]{10})</code>", page.text)
    assert page.text.count("data:image/svg+xml;base64,") == 1
    assert await authenticating.authenticate_badge(f"USR:{badge}", given.PIN) == authenticating.Recognised(
        person
    )
    assert badge not in (await browser.get(f"/people/{person}")).text


async def test_a_new_password_ends_a_lock(app: Litestar) -> None:
    browser = await signed_in(app)
    person = await given.person("wang")
    for _ in range(5):
        await authenticating.sign_in("wang", "no")

    await browser.post(f"/people/{person}/password", data={"password": "copper-lantern-9"})

    entered = await authenticating.sign_in("wang", "copper-lantern-9")
    assert isinstance(entered, authenticating.SignedIn)


async def test_a_scripted_name_is_shown_as_text(app: Litestar) -> None:
    browser = await signed_in(app)
    scripted = "<img src=x onerror=alert(1)>"

    answer = await browser.post("/people", data=LI | {"display_name": scripted})
    page = await browser.get(answer.headers["location"])

    assert scripted not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text


async def test_the_history_tells_who_changed_what(app: Litestar) -> None:
    browser = await signed_in(app)
    added = await browser.post("/people", data=LI)
    path = added.headers["location"].split("?")[0]

    await browser.post(path, data=LI | {"role": "buyer", "version": "1"})

    page = (await browser.get(path)).text
    assert "<dt>Role</dt><dd><del>storekeeper</del> → <ins>buyer</ins></dd>" in page
    assert "the-administrator" in page


async def test_somebody_who_does_not_exist_is_not_found(app: Litestar) -> None:
    browser = await signed_in(app)

    answers = [await browser.get(f"/people/{number}") for number in (0, 99, 10**30)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
