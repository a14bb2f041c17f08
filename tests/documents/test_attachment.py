"""What a file is, is told by what is in it."""

import pytest

from server.documents import attachment


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7 ...", "a.pdf", "application/pdf"),
        (b"%PDF-1.7 ...", "a.exe", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n....", "a", "image/png"),
        (b"\xff\xd8\xff\xe0", "photo.jpg", "image/jpeg"),
        (b"RIFF....WEBP", "a.webp", "image/webp"),
        (b"PK\x03\x04", "invoice.ofd", "application/ofd"),
        (b"PK\x03\x04", "prices.zip", "application/zip"),
        ("品名,数量".encode("gb18030"), "a.csv", "text/plain"),
    ],
)
def test_papers_of_the_trade_are_kept(content: bytes, name: str, kind: str) -> None:
    assert attachment.media_type(content, name) == kind


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00", "invoice.pdf"),
        (b"<html><script>", "a.html"),
        (b"<svg onload=x>", "a.svg"),
        (b"PK\x03\x04", "app.apk"),
        (b"\x00\x01", "a.txt"),
    ],
)
def test_programs_and_pages_are_not_whatever_they_are_called(content: bytes, name: str) -> None:
    assert attachment.media_type(content, name) == ""


def test_a_name_has_no_folders_and_keeps_its_ending() -> None:
    assert attachment.plain_name("C:\\papers\\发票.pdf") == "发票.pdf"
    assert attachment.plain_name("../../etc/passwd") == "passwd"
    assert attachment.plain_name("x" * 500 + ".pdf").endswith("x.pdf")
    assert attachment.plain_name("a\r\nb.pdf") == "ab.pdf"
