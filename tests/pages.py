"""Keep every different page that tests are answered with, so that scripts/pages.py can read them all."""

import hashlib
from pathlib import Path

import httpx

PAGES = Path(__file__).resolve().parent.parent / "build/pages"


async def keep(response: httpx.Response) -> None:
    """A hook for test clients: an HTML answer goes to build/pages under the hash of what it says."""
    if response.headers.get("content-type", "").startswith("text/html"):
        content = await response.aread()
        name = f"{response.request.url.path.strip('/').replace('/', '_') or 'root'}"
        PAGES.mkdir(parents=True, exist_ok=True)
        (PAGES / f"{name[:60]}-{hashlib.sha256(content).hexdigest()[:8]}.html").write_bytes(content)
