"""A frame of the websocket, as bytes. No I/O, no Django."""

_FINAL_TEXT = b"\x81"
_MASKED = 0x80
# Two bytes and the mask.
_SHORT_HEADER = 6


def text_frame(text: str) -> bytes:
    """The text, which is ASCII, as one unmasked text frame: what a server sends (RFC 6455 §5.2)."""
    payload = text.encode("ascii")
    size = len(payload)
    if size < 126:
        return b"%b%c%b" % (_FINAL_TEXT, size, payload)
    if size < 1 << 16:
        return b"%b%c%b%b" % (_FINAL_TEXT, 126, size.to_bytes(2), payload)
    return b"%b%c%b%b" % (_FINAL_TEXT, 127, size.to_bytes(8), payload)


def short_texts(data: bytes) -> list[str] | None:
    """What a client says, if this is nothing but whole text frames of 125 bytes at most, in ASCII.

    A client's frames are masked (RFC 6455 §5.3). None says nothing about what it is.
    """
    texts = []
    start = 0
    while start < len(data):
        body = start + _SHORT_HEADER
        size = len(data[start + 1 : body]) and data[start + 1] ^ _MASKED
        text = data[body : body + size]
        if data[start] != _FINAL_TEXT[0] or not 0 < size < 126 or len(text) < size:
            return None
        mask = data[body - 4 : body] * 32
        text = (int.from_bytes(text) ^ int.from_bytes(mask[:size])).to_bytes(size)
        if not text.isascii():
            return None
        texts.append(text.decode("ascii"))
        start = body + size
    return texts
