"""Trusting this server: its own authority's certificate for phones, and how to install it.

Served without signing in and over plain HTTP too, since a device that does not trust us yet can do neither.
"""

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from server import certificates, web
from server.config import settings


@get("/trust", opt={"public": True})
async def trust(request: Request[Any, Any, Any]) -> Response[str]:
    """How a phone learns to trust this server; without that there is no camera and no work without a network."""
    link = f"{settings().origin}/trust"
    return web.page(
        request,
        "trust/trust.html",
        link=link,
        picture=web.qr_picture(link),
        has_authority=_authority().is_file(),
    )


@get("/trust/stockhand-authority.crt", opt={"public": True}, sync_to_thread=True)
def authority() -> Response[bytes]:
    """The certificate itself, as phones install it."""
    file = _authority()
    if not file.is_file():
        raise NotFoundException(detail="run `stockhand certs` first")
    return Response(
        file.read_bytes(), media_type="application/x-x509-ca-cert", headers={"Cache-Control": "no-store"}
    )


def _authority() -> Any:
    return settings().data_folder / certificates.FOLDER / certificates.AUTHORITY


routes = [trust, authority]
