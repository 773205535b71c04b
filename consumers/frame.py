"""A frame of the websocket, as bytes. No I/O, no Django."""

_FINAL_TEXT = b"\x81"


def text_frame(text: str) -> bytes:
    """The text, which is ASCII, as one unmasked text frame: what a server sends (RFC 6455 §5.2)."""
    payload = text.encode("ascii")
    size = len(payload)
    if size < 126:
        return b"%b%c%b" % (_FINAL_TEXT, size, payload)
    if size < 1 << 16:
        return b"%b%c%b%b" % (_FINAL_TEXT, 126, size.to_bytes(2), payload)
    return b"%b%c%b%b" % (_FINAL_TEXT, 127, size.to_bytes(8), payload)
