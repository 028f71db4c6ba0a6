"""Bodies without their content coding, with the borders of their chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_mastra.http.exchanges import Exchange


class UnknownCoding(ValueError):
    """A body is coded in a way that cannot be undone here.

    Args:
        coding: The name of the coding.
    """

    def __init__(self, coding: str) -> None:
        super().__init__(coding)
        self.coding = coding

    def __str__(self) -> str:
        return (
            f"a body is coded as {self.coding!r}, which cannot be decoded here: install what urllib3 needs for it, or "
            "have it sent without coding (header 'Accept-Encoding: identity')"
        )


def decoded_chunks(exchange: Exchange) -> list[bytes]:
    """Return the chunks of a reply's body without its content coding, as many as there are.

    A chunk that tells nothing by itself (a coding's header) is empty. A body that breaks off is decoded as far as it
    came.

    Raises:
        UnknownCoding: The body is coded in a way that is not known here.
    """
    codings = [name.strip().lower() for name in (exchange.header("content-encoding") or "").split(",")]
    codings = [name for name in codings if name not in {"", "identity"}]
    if not codings or not exchange.chunks:
        return list(exchange.chunks)
    chunks = list(exchange.chunks)
    for coding in reversed(codings):
        chunks = _decoded(coding, chunks)
    return chunks


def _decoded(coding: str, chunks: list[bytes]) -> list[bytes]:
    decoder = _decoder(coding)
    decoded: list[bytes] = []
    try:
        decoded += map(decoder.decompress, chunks)
        decoded[-1] += decoder.flush()
    except Exception:  # noqa: BLE001 -- each decoder has its own
        # what was no coded body stays as it is; one that breaks off is known as far as it came
        return decoded + [b""] * (len(chunks) - len(decoded)) if decoded else chunks
    return decoded


def _decoder(coding: str) -> Any:
    import urllib3.response as coded  # noqa: PLC0415 -- few bodies are coded

    names = {
        "gzip": "GzipDecoder",
        "x-gzip": "GzipDecoder",
        "deflate": "DeflateDecoder",
        # these two are there if the packages that they need are
        "br": "BrotliDecoder",
        "zstd": "ZstdDecoder",
    }
    maker = getattr(coded, names.get(coding, ""), None)
    if maker is None:
        raise UnknownCoding(coding)
    return maker()
