"""Every route is public, a device's, or guarded; and no role gets past a guard that is not meant for it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler, WebsocketRouteHandler
from litestar.handlers.base import BaseRouteHandler

from server.app import create_app
from server.people.role import PERMISSIONS, ROLES, permissions
from tests.conftest import visitor
from tests.handlers.browsers import signed_in


def handlers(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every handler with each of its paths."""
    for route in app.routes:
        found: Any = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in found:
            if isinstance(handler, HTTPRouteHandler | WebsocketRouteHandler):
                yield route.path, handler


def actions(handler: BaseRouteHandler) -> set[str]:
    """What one must be allowed to do to get in."""
    return {guard.action for guard in handler.guards or () if hasattr(guard, "action")}


def guarded(app: Litestar) -> Iterator[tuple[str, str, str]]:
    """Method, path with numbers in its holes, and the action that guards it."""
    for path, handler in handlers(app):
        if isinstance(handler, HTTPRouteHandler):
            filled = re.sub(r"\{[^}]*:int\}", "1", re.sub(r"\{[^}]*:(str|uuid|path)\}", "x", path))
            for action in actions(handler):
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield str(method), filled, action


def test_every_route_says_who_may_use_it() -> None:
    app = create_app("unused.sqlite")

    open_doors = [
        f"{path} ({handler.handler_name})"
        for path, handler in handlers(app)
        if not (actions(handler) or handler.opt.get("public") or handler.opt.get("device"))
        and getattr(handler, "http_methods", None) != {"OPTIONS"}
    ]

    assert open_doors == []


def test_every_guard_names_something_that_some_role_may_do() -> None:
    app = create_app("unused.sqlite")
    known = frozenset().union(*PERMISSIONS.values())

    unknown = {action for _, handler in handlers(app) for action in actions(handler)} - known

    assert unknown == set()


def test_the_administrator_may_do_everything() -> None:
    assert permissions("administrator") == frozenset().union(*PERMISSIONS.values())


def test_a_role_that_does_not_exist_may_do_nothing() -> None:
    assert permissions("emperor") == frozenset()


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_is_refused_wherever_its_permissions_end(app: Litestar, role: str) -> None:
    browser = await signed_in(app, role)

    let_in = [
        f"{method} {path} ({action}): {answer.status_code}"
        for method, path, action in guarded(app)
        if action not in permissions(role)
        and (answer := await browser.request(method, path)).status_code != 403
    ]

    assert let_in == []


async def test_nobody_gets_past_a_guard_without_signing_in(app: Litestar) -> None:
    stranger = visitor(app)

    let_in = [
        f"{method} {path}: {answer.status_code}"
        for method, path, _ in guarded(app)
        if not turned_away(answer := await stranger.request(method, path))
    ]

    assert let_in == []


def turned_away(answer: httpx.Response) -> bool:
    """Sent to the sign-in page, or refused."""
    to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return answer.status_code == 401 or to_sign_in


async def test_a_change_that_another_site_asks_for_is_refused_everywhere(app: Litestar) -> None:
    browser = await signed_in(app)

    let_in = [
        f"{method} {path}: {answer.status_code}"
        for method, path, _ in guarded(app)
        if method != "GET"
        and (
            answer := await browser.request(method, path, headers={"Origin": "https://elsewhere.example"})
        ).status_code
        != 403
    ]

    assert let_in == []
