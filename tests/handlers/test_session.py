"""Signing in and out, the start page, the account."""

import re

import httpx
import pytest
from litestar import Litestar

from server import clock, web
from server.handlers import session
from server.people import authenticating, queries
from server.people.lockout import Strangers
from tests import given
from tests.conftest import visitor
from tests.handlers.browsers import signed_in
from tests.outbound.floor import released

WANG = {"name": "wang", "password": given.PASSWORD}


@pytest.fixture(autouse=True)
def strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address has tried anything yet."""
    monkeypatch.setattr(authenticating, "_strangers", Strangers())


async def test_who_has_not_signed_in_is_sent_to_the_sign_in_page_and_back(client: httpx.AsyncClient) -> None:
    await given.person("wang")

    sent = await client.get("/catalog/items")
    entered = await client.post("/sign-in", data={**WANG, "next": "/catalog/items"})

    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/catalog/items")
    assert (entered.status_code, entered.headers["location"]) == (303, "/catalog/items")


async def test_a_session_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(
    client: httpx.AsyncClient,
) -> None:
    await given.person("wang")

    answer = await client.post("/sign-in", data=WANG)

    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_wrong_password_and_a_wrong_name_read_the_same(client: httpx.AsyncClient) -> None:
    await given.person("wang", language="zh")

    wrong_password = await client.post("/sign-in", data={"name": "wang", "password": "no"})
    wrong_name = await client.post("/sign-in", data={"name": "nobody", "password": "no"})

    assert wrong_password.status_code == wrong_name.status_code == 422
    assert "登录名或密码不对" in wrong_password.text
    assert wrong_name.text == wrong_password.text.replace('value="wang"', 'value="nobody"')


async def test_a_locked_account_tells_until_when(client: httpx.AsyncClient) -> None:
    person = await given.person("wang")
    for _ in range(4):
        await client.post("/sign-in", data={"name": "wang", "password": "no"})

    fifth = await client.post("/sign-in", data={"name": "wang", "password": "no"})
    right = await client.post("/sign-in", data=WANG)

    until = await queries.locked_until(person)
    assert until is not None
    assert 4 * clock.MINUTE < until - clock.now() <= 5 * clock.MINUTE
    assert fifth.status_code == right.status_code == 429
    assert web.local(until) in fifth.text
    assert web.local(until) in right.text


async def test_another_site_cannot_sign_somebody_in_or_out(app: Litestar) -> None:
    browser = await signed_in(app, "storekeeper")
    foreign = {"Origin": "https://elsewhere.example"}

    entered = await browser.post("/sign-in", data=WANG, headers=foreign)
    left = await browser.post("/sign-out", headers=foreign)

    assert entered.status_code == left.status_code == 403
    assert (await browser.get("/")).status_code == 200


async def test_the_form_token_stands_for_the_origin(app: Litestar) -> None:
    browser = await signed_in(app, "storekeeper")
    token = (await browser.get("/")).text.split('"X-Form-Token": "')[1].split('"')[0]

    answer = await browser.post("/sign-out", headers={"Origin": "null", "X-Form-Token": token})

    assert answer.status_code == 303


async def test_signing_out_ends_the_session_itself(app: Litestar) -> None:
    browser = await signed_in(app, "storekeeper")
    cookie = browser.cookies[web.COOKIE]

    await browser.post("/sign-out")

    thief = visitor(app)
    thief.cookies.set(web.COOKIE, cookie)
    assert (await thief.get("/")).headers["location"] == "/sign-in?next=/"


@pytest.mark.parametrize(
    "path", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "", "javascript:1"]
)
def test_nobody_is_led_out_of_the_house(path: str) -> None:
    assert session.inside(path) == "/"


def test_a_path_of_ours_is_gone_on_to() -> None:
    assert session.inside("/catalog/items?q=cup") == "/catalog/items?q=cup"


async def test_the_language_is_kept_by_the_person(app: Litestar) -> None:
    browser = await signed_in(app, "storekeeper")

    answer = await browser.post("/language", data={"language": "zh"})

    assert answer.status_code == 303
    assert '<html lang="zh-CN">' in (await browser.get("/")).text


async def test_before_signing_in_the_language_is_kept_by_the_browser(client: httpx.AsyncClient) -> None:
    await client.post("/language", data={"language": "en"})

    assert '<html lang="en">' in (await client.get("/sign-in")).text


async def test_the_start_page_counts_what_there_is(app: Litestar) -> None:
    browser = await signed_in(app)
    await given.item("CUP")

    page = (await browser.get("/")).text

    assert "<span>Items</span>" in page
    assert '<span class="figure">1</span>' in page


async def test_the_navigation_shows_only_what_a_role_may_do(app: Litestar) -> None:
    administrator, finance = await signed_in(app), await signed_in(app, "finance")

    assert 'href="/people"' in (await administrator.get("/")).text
    assert 'href="/people"' not in (await finance.get("/")).text


async def test_a_new_password_needs_the_old_one_and_ends_other_sessions(app: Litestar) -> None:
    browser = await signed_in(app, "buyer")
    elsewhere = await signed_in(app, "buyer")
    wanted = {"old_password": given.PASSWORD, "password": "willow-harbour-7"}

    refused = await browser.post("/account/password", data=wanted | {"old_password": "no"})
    changed = await browser.post("/account/password", data=wanted)

    assert refused.status_code == 422
    assert "The present password is wrong" in refused.text
    assert changed.headers["location"] == "/account?done=password"
    assert (await browser.get("/account")).status_code == 200
    assert (await elsewhere.get("/account")).status_code == 303


async def test_a_pin_that_is_easy_is_refused_beside_its_field(app: Litestar) -> None:
    browser = await signed_in(app, "storekeeper")

    answer = await browser.post("/account/pin", data={"pin": "1234"})

    assert answer.status_code == 422
    assert 'id="pin-error">This PIN is too easy to guess' in answer.text


async def test_every_page_forbids_inline_code(client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in")

    policy = page.headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "unsafe-inline" not in policy
    assert " style=" not in page.text
    assert "<script>" not in page.text


async def test_the_start_page_says_what_waits_to_be_done(app: Litestar) -> None:
    await given.stock("CUP", 10, at="A-01")
    await released(CUP=3)
    boss, buyer = await signed_in(app, "supervisor"), await signed_in(app, "buyer")

    page = (await boss.get("/")).text

    tile = re.search(
        r'href="/outbound/notices\?state=released"><span>Notices to pick</span>.*?figure">(\d+)<', page
    )
    assert tile is not None
    assert tile[1] == "1"
    assert "/outbound/notices" not in (await buyer.get("/")).text.split("<main")[1], "who may not see them"
