"""Photos by HTTP: for devices and people who are signed in, and for nobody else."""

import httpx

from tests import given
from tests.catalog.test_photo import as_file, picture


async def test_a_photo_sent_by_a_device_comes_back_as_codes(client: httpx.AsyncClient) -> None:
    import zxingcpp

    device = await given.pda()
    data = as_file(picture("LOC-A-01-1", zxingcpp.BarcodeFormat.QRCode))

    answer = await client.post("/scan/photo", files={"photo": ("p.jpg", data)}, headers=device.headers)

    assert answer.status_code == 200
    assert [code["text"] for code in answer.json()["codes"]] == ["LOC-A-01-1"]


async def test_strangers_have_no_photos_read(client: httpx.AsyncClient) -> None:
    answer = await client.post("/scan/photo", files={"photo": ("p.jpg", b"x")})

    assert answer.status_code == 401


async def test_what_is_no_picture_is_answered_clearly(client: httpx.AsyncClient) -> None:
    device = await given.pda()

    answer = await client.post("/scan/photo", files={"photo": ("p.jpg", b"x")}, headers=device.headers)
    without = await client.post("/scan/photo", data={"other": "1"}, headers=device.headers)

    assert (answer.status_code, answer.json()["reason"]) == (422, "shape")
    assert without.status_code == 422
