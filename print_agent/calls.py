"""The agent's calls to the server: who may be wrong about what, and nothing about printing."""

import ssl
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from print_agent.wire import (
    MAX_PAYLOAD,
    PROTOCOL,
    Answer,
    Claim,
    Language,
    Offers,
    Paired,
    Pairing,
    Report,
    Taking,
)

ANSWER_S = 15.0

T = TypeVar("T")


class Unreachable(Exception):
    """No server, a busy one, or somebody else answering for it: try again later."""


class Revoked(Exception):
    """The station's key is no longer good: a person must pair again."""


class Refusal(Exception):
    """The server understood and said no."""


class Server:
    """One server, spoken to as one station."""

    def __init__(self, url: str, key: str = "", authority: Path | None = None) -> None:
        verify: bool | ssl.SSLContext = True
        if authority is not None:
            verify = ssl.create_default_context(cafile=str(authority))
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers=headers, timeout=ANSWER_S, verify=verify, follow_redirects=False
        )

    async def close(self) -> None:
        await self.client.aclose()

    async def pair(self, pairing: Pairing) -> Paired:
        """Swap a pairing code for the station's key."""
        return await self._ask("POST", "/print/pair", Paired, body=pairing)

    async def offers(self, token: str, wait_s: int) -> Offers:
        """What waits for this station; the server keeps the question open until something does."""
        offers = await self._ask(
            "GET",
            "/print/jobs",
            Offers,
            query={"wait": str(wait_s), "token": token},
            patience_s=wait_s + ANSWER_S,
        )
        if offers.protocol != PROTOCOL:
            raise Refusal(
                f"this server speaks {offers.protocol}, this agent {PROTOCOL}: update the older one"
            )
        return offers

    async def claim(self, job: str, taking: Taking) -> Claim:
        """Take a job, or hold on to it."""
        return await self._ask("POST", f"/print/jobs/{job}/claim", Claim, body=taking)

    async def payload(self, claim: Claim, copy: int, token: str, language: Language) -> bytes:
        """One label, ready for its printer."""
        query = {"copy": str(copy), "attempt": str(claim.attempt), "token": token, "language": language}
        response = await self._send("GET", f"/print/jobs/{claim.job}/payload", query=query)
        if len(response.content) > MAX_PAYLOAD:
            raise Refusal("payload too large")
        return response.content

    async def report(self, job: str, report: Report) -> Answer:
        """Tell how far a job has come."""
        return await self._ask("POST", f"/print/jobs/{job}/report", Answer, body=report)

    async def _ask(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        body: msgspec.Struct | None = None,
        query: dict[str, str] | None = None,
        patience_s: float = ANSWER_S,
    ) -> T:
        response = await self._send(method, path, body=body, query=query, patience_s=patience_s)
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as error:
            # A captive portal answers 200 to everything; only our own words count.
            raise Unreachable(f"not our server's answer: {error}") from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: msgspec.Struct | None = None,
        query: dict[str, str] | None = None,
        patience_s: float = ANSWER_S,
    ) -> httpx.Response:
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"Content-Type": "application/json"} if content else {}
        try:
            response = await self.client.request(
                method, path, content=content, params=query, headers=headers, timeout=patience_s
            )
        except httpx.TransportError as error:
            raise Unreachable(str(error) or type(error).__name__) from error
        if response.status_code in (401, 403):
            raise Revoked(_detail(response))
        if response.status_code in (408, 425, 429) or response.status_code >= 500 or response.is_redirect:
            raise Unreachable(f"HTTP {response.status_code}")
        if response.is_error:
            raise Refusal(_detail(response))
        return response


class _Problem(msgspec.Struct):
    detail: str = ""


def _detail(response: httpx.Response) -> str:
    try:
        return msgspec.json.decode(response.content, type=_Problem).detail or f"HTTP {response.status_code}"
    except msgspec.DecodeError:
        return f"HTTP {response.status_code}"
