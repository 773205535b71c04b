"""What docker-compose.yml says, as far as tests want to know. There is no YAML parser here, and this is no parser."""

import re
from pathlib import Path

FILE = Path(__file__).parent.parent / "docker-compose.yml"


def text():
    return FILE.read_text()


def block(name):
    """The text of `name: |`, without its indentation, as Docker sees it."""
    lines = iter(text().splitlines())
    head = next(line for line in lines if line.strip() == f"{name}: |")
    indent = len(head) - len(head.lstrip())
    found = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        found.append(line[indent + 2 :])
    return "\n".join(found).replace("$$", "$") + "\n"


def section(name):
    """The lines below the key `name` at the top."""
    body = text().split(f"\n{name}:", 1)[1]
    return re.split(r"\n(?=\S)", body, maxsplit=1)[0]


def proxy(listen, *servers):
    """The configuration of the proxy, on these addresses instead of its containers'."""
    configuration = block("content").replace("listen 80;", f"listen {listen};")
    for number, server in enumerate(servers, start=1):
        assert f"server web{number}:8000 " in configuration
        configuration = configuration.replace(f"server web{number}:8000 ", f"server {server} ")
    return configuration
