"""Photos of codes: decoded here when the device cannot."""

import asyncio
from typing import Any

from litestar import Request, Response, post
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException

from server import web
from server.catalog import photo
from server.sync import queries

MAX_PHOTO = 12 * 1024 * 1024


@post("/scan/photo", opt={"device": True}, status_code=200)
async def read_photo(request: Request[Any, Any, Any]) -> Response[Any]:
    """The codes in an uploaded picture (form field `photo`), for a device or somebody signed in."""
    await _must_be_ours(request)
    body = await request.form()
    upload = body.get("photo")
    if upload is None or isinstance(upload, str):
        return web.problem(422, "send the picture in the field photo")
    data = await upload.read(MAX_PHOTO + 1)
    if len(data) > MAX_PHOTO:
        return web.problem(413, "the picture is too large", {"max_bytes": MAX_PHOTO})
    match await asyncio.to_thread(photo.read, data):
        case photo.NotAPicture(reason):
            return web.problem(422, "this file is not a picture we can read", {"reason": reason})
        case codes:
            return Response({"codes": codes}, headers={"Cache-Control": "no-store"})


async def _must_be_ours(request: Request[Any, Any, Any]) -> None:
    device = await queries.device_by_bearer(request.headers.get("authorization", ""))
    if device is not None:
        if device.is_revoked:
            raise PermissionDeniedException(detail="this device is revoked")
        return
    visitor: web.Visitor | None = request.scope.get("user")
    if visitor is None:
        raise NotAuthorizedException(detail="sign in first")
    if not web.comes_from_us(request, visitor.form_token):
        raise PermissionDeniedException(detail="this request did not come from our own page")


routes = [read_photo]
