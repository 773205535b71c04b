"""Pictures in 256 colours or fewer: a third of the size, and the same to the eye. A browser has all that it takes."""

import base64
import struct
import zlib

from playwright.sync_api import Browser

# Bytes of a picture.
MOST = 118_000

REDUCE = """async ([picture, most]) => {
    const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes(picture)]), {colorSpaceConversion: 'none'});
    const {width, height} = bitmap, canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const rgb = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    const colours = [...counts].sort((a, b) => b[1] - a[1]).map(([pixel]) => pixel);
    const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

    // Surfaces first: they are seen, however alike. Then the most frequent colours that are so far from each other.
    const LARGEST = 24;
    let palette = [];
    for (let apart = 0; ; apart += 2) {
        palette = [];
        for (const pixel of colours) {
            const colour = rgb(pixel);
            if (palette.length < LARGEST || palette.every((other) => far(colour, other) > apart)) palette.push(colour);
            if (palette.length > most) break;
        }
        if (palette.length <= most) break;
    }
    const index = new Map();
    for (const pixel of colours) {
        const colour = rgb(pixel);
        let best = 0;
        for (let i = 1; i < palette.length; i += 1) if (far(colour, palette[i]) < far(colour, palette[best])) best = i;
        index.set(pixel, best);
    }

    const rows = new Uint8Array((width + 1) * height);
    for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width; x += 1) rows[y * (width + 1) + 1 + x] = index.get(pixels[y * width + x]);
    }
    let text = '';
    for (let at = 0; at < rows.length; at += 32768) text += String.fromCharCode(...rows.subarray(at, at + 32768));
    return [width, height, palette.flat(), btoa(text)];
}"""


class Palette:
    def __init__(self, chromium: Browser) -> None:
        self._page = chromium.new_page()

    def reduced(self, picture: bytes) -> bytes:
        """The same picture as a PNG with a palette, of as many colours as MOST allows."""
        for colours in (256, 192, 128, 96, 80, 64, 48, 40, 32):
            small = png(*self._page.evaluate(REDUCE, [base64.b64encode(picture).decode(), colours]))
            if len(small) <= MOST:
                break
        return small


def png(width: int, height: int, palette: list[int], rows: str) -> bytes:
    """The file: eight bits are an index into the palette; each row begins with a 0, as it is not filtered."""
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = {b"IHDR": header, b"PLTE": bytes(palette), b"IDAT": zlib.compress(base64.b64decode(rows), 9), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )
