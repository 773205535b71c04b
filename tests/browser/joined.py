"""
The modules of a page joined into one, for tests that are not about loading: a request a module takes longer than most
of them do. Each module keeps a scope of its own, and they run in the order in which a browser would run them.

Knows the imports and exports that this project writes, and no others.
"""

import re
from pathlib import Path

IMPORT = re.compile(r"^(import|export) \{([^}]*)\} from '([^']+)';$", re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function\*?|class|const)) (\w+)", re.MULTILINE)
OTHER = re.compile(r"^(?:import|export)\b.*|^.*\bimport(?:\(|\.meta).*", re.MULTILINE)


def join(page: Path) -> str:
    """The script of a page, behind all that it imports. Raises CannotJoin."""
    joined = Joined()
    joined.add(page.resolve())
    return "".join(joined.texts)


class CannotJoin(ValueError):
    """A browser would refuse these modules as well, or they use what is not known here."""


class Joined:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self.exports: dict[Path, dict[str, str]] = {}
        """What each module exports, and as what it is found."""

    def add(self, path: Path) -> None:
        """A module, if it is not there yet; first those that it imports."""
        if path in self.exports:
            return
        self.exports[path] = given = {}
        text = IMPORT.sub(lambda found: self.bind(path, given, *found.groups()), path.read_text())
        own = [found[2] for found in EXPORT.finditer(text)]
        text = EXPORT.sub(r"\1 \2", text)
        if other := OTHER.search(text):
            raise CannotJoin(f"{path}: {other[0]}")
        variable = f"module{len(self.texts)}"
        self.texts.append(f"const {variable} = (() => {{  // {path}\n{text}\nreturn {{{', '.join(own)}}};\n}})();\n")
        given.update({name: f"{variable}.{name}" for name in own})

    def bind(self, path: Path, given: dict[str, str], verb: str, names: str, address: str) -> str:
        """What stands in the place of a module's import from another, or of its export of what another has."""
        source = (path.parent / address).resolve()
        self.add(source)
        pairs = [name.strip().partition(" as ")[::2] for name in names.split(",") if name.strip()]
        for name, _ in pairs:
            if name not in self.exports[source]:
                raise CannotJoin(f"{path}: there is no {name} in {address}")
        found = {alias or name: self.exports[source][name] for name, alias in pairs}
        if verb == "export":
            given.update(found)
            return ""
        return " ".join(f"const {name} = {value};" for name, value in found.items())
