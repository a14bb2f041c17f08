"""What devices keep: static files for ever, the worker never, and nothing outside the static folder."""

import gzip

import httpx
import msgspec
import pytest

from server import web


async def test_a_static_file_may_be_kept_for_ever_and_comes_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get(web.static_url("css/tokens.css"), headers={"accept-encoding": "gzip"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == (web.STATIC / "css/tokens.css").read_bytes()


async def test_a_client_that_cannot_unpack_gets_the_plain_file(client: httpx.AsyncClient) -> None:
    answer = await client.get(web.static_url("css/tokens.css"), headers={"accept-encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.content == (web.STATIC / "css/tokens.css").read_bytes()
    assert len(gzip.compress(answer.content)) < len(answer.content)


@pytest.mark.parametrize(
    "path",
    [
        "../templates/hand/shell.html",
        "..%2f..%2fpyproject.toml",
        "css/../../templates",
        "%2e%2e/words",
        "css",
        "none.js",
    ],
)
async def test_nothing_outside_the_static_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/static/{web.release()}/{path}")

    assert answer.status_code == 404


async def test_under_the_name_of_another_release_there_is_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/static/0123456789ab/css/tokens.css")

    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


async def test_the_worker_names_the_release_and_is_never_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sw.js")

    assert web.release() in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_everything_in_the_shell_is_there(client: httpx.AsyncClient) -> None:
    shell = (await client.get(web.static_url("shell.json"))).json()

    for path in [*shell["pages"], *shell["files"], *shell["later"]]:
        assert (await client.get(path)).status_code == 200, path
    assert any(path.endswith(".wasm") for path in shell["later"]), "the camera reads offline too"
    assert not set(shell["later"]) & set(shell["files"])
    assert any("htmx" in path for path in shell["files"])


async def test_the_app_can_be_installed(client: httpx.AsyncClient) -> None:
    manifest = (await client.get("/manifest.webmanifest")).json()

    assert manifest["start_url"].startswith("/hand")
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert (await client.get(icon["src"])).status_code == 200, icon["src"]


async def test_pages_of_the_hand_app_forbid_inline_code(client: httpx.AsyncClient) -> None:
    for path in ("/hand", "/hand/enrol"):
        answer = await client.get(path)

        policy = answer.headers["content-security-policy"]
        assert "script-src 'self' 'wasm-unsafe-eval'" in policy
        assert "unsafe-inline" not in policy


async def test_the_sheets_of_a_page_leave_as_one_file_in_their_order(client: httpx.AsyncClient) -> None:
    sheets = msgspec.json.decode((web.STATIC / "css/sheets.json").read_bytes())
    assert sheets.keys() == {"hand", "desk", "board", "paper"}
    for name, parts in sheets.items():
        sheet = (await client.get(web.static_url(f"css/{name}.css"))).text

        places = [sheet.find((web.STATIC / "css" / part).read_text("utf-8")) for part in parts]
        assert places[0] == 0
        assert places == sorted(places), "in their order"


async def test_a_device_keeps_nothing_that_only_the_desk_needs(client: httpx.AsyncClient) -> None:
    files = (await client.get(web.static_url("shell.json"))).json()["files"]

    assert not [path for path in files if "board" in path or "desk" in path or path.endswith(".ts")]
