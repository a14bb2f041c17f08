"""Phones that do not trust this server yet find its certificate and how to install it."""

from pathlib import Path

import httpx
import pytest
from cryptography import x509

from server import certificates
from server.config import settings


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("STOCKHAND_DATA", str(tmp_path))
    settings.cache_clear()
    return tmp_path


async def test_without_a_certificate_the_page_says_how_to_make_one(
    own_folder: Path, client: httpx.AsyncClient
) -> None:
    page = await client.get("/trust")
    file = await client.get("/trust/stockhand-authority.crt")

    assert "stockhand certs" in page.text
    assert file.status_code == 404


async def test_the_authority_is_there_for_phones_and_its_key_is_not(
    own_folder: Path, client: httpx.AsyncClient
) -> None:
    made = certificates.make(own_folder / certificates.FOLDER, ["shop.local", "192.168.1.20"])

    page = await client.get("/trust")
    file = await client.get("/trust/stockhand-authority.crt")
    key = await client.get("/trust/authority.key")

    assert "/trust/stockhand-authority.crt" in page.text
    authority = x509.load_pem_x509_certificate(file.content)
    server = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.local", "localhost"]
    assert key.status_code == 404
    assert made.key.stat().st_mode & 0o077 == 0


async def test_a_second_certificate_keeps_the_authority(own_folder: Path) -> None:
    folder = own_folder / certificates.FOLDER
    first = certificates.make(folder, ["a.local"]).authority.read_bytes()

    assert certificates.make(folder, ["b.local"]).authority.read_bytes() == first
