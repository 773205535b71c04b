"""What the authors of a signal say of it: the comment or docstring beside it in its module's source, and where that is.

Nothing is imported for it but what the signal's own path leads to, and that is imported already.
"""

import ast
import inspect
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest
from types import ModuleType
from typing import NamedTuple

from .roster import place

MAX_LENGTH = 2000
# A signal may be imported from where it was imported to.
MAX_HOPS = 5

# What is said to tools; and lines of dashes.
_ASIDE = re.compile(r"(noqa|type:|pragma|fmt:|ruff:|pylint:|mypy:|TODO|FIXME|XXX)", re.IGNORECASE)


class Documentation(NamedTuple):
    text: str
    """As paragraphs are written in sources: it may have line ends. Empty if nothing is said."""
    source: str
    """File and line of the assignment, e.g. `academy/signals.py:6`; empty if it is not found."""


NOTHING = Documentation("", "")


def documentation_of(path: str) -> Documentation:
    """Of the signal that can be imported from this path."""
    module, _, name = path.rpartition(".")
    for _ in range(MAX_HOPS):
        found = _definitions(module).get(name)
        if isinstance(found, Documentation):
            return found
        if found is None:
            break
        module, name = found
    return NOTHING


def place_of(module: str, line: int) -> str:
    """`academy/signals.py:6`: by the module's name, wherever it is installed."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return f"{place(file, module)}:{line}" if file else ""


_Import = tuple[str, str]


@lru_cache(maxsize=256)
def _definitions(module: str) -> dict[str, Documentation | _Import]:
    """What a module assigns and imports at its top, by name."""
    found = sys.modules.get(module)
    source = _source_of(found) if found else ""
    if found is None or not source:
        return {}
    try:
        body = ast.parse(source).body
        comments = _comments(source)
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
        return {}
    definitions: dict[str, Documentation | _Import] = {}
    for statement, following in _statements(body):
        if isinstance(statement, ast.ImportFrom):
            definitions |= _imports(statement, found)
        elif names := _names(statement):
            text = (_docstring(following) or _comment(statement, comments))[:MAX_LENGTH]
            definitions |= dict.fromkeys(names, Documentation(text, place_of(module, statement.lineno)))
    return definitions


def _source_of(module: ModuleType) -> str:
    try:
        return inspect.getsource(module)
    except (OSError, TypeError, SyntaxError, UnicodeDecodeError):
        return ""


def _statements(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.stmt | None]]:
    """Those at the top, also where a condition or a `try` stands around them; each with the one that follows it."""
    for statement, following in zip_longest(body, body[1:]):
        yield statement, following
        for name in ("body", "orelse", "handlers", "finalbody"):
            inner = getattr(statement, name, [])
            if isinstance(statement, ast.If | ast.Try | ast.With | ast.ExceptHandler) and isinstance(inner, list):
                yield from _statements(inner)


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(getattr(statement, "value", None), ast.Constant):  # A `None` in the place of a signal, perhaps.
        return []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    else:
        return []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _imports(statement: ast.ImportFrom, module: ModuleType) -> dict[str, Documentation | _Import]:
    package = (getattr(module, "__package__", "") or "").split(".")
    above = package[: len(package) - statement.level + 1] if statement.level else []
    origin = ".".join([*above, *([statement.module] if statement.module else [])])
    return {alias.asname or alias.name: (origin, alias.name) for alias in statement.names if origin}


def _docstring(following: ast.stmt | None) -> str:
    if not isinstance(following, ast.Expr) or not isinstance(following.value, ast.Constant):
        return ""
    value = following.value.value
    return inspect.cleandoc(value) if isinstance(value, str) else ""


Comments = dict[int, tuple[bool, str]]
"""By line: whether it stands alone there, and its text."""


def _comments(source: str) -> Comments:
    found: Comments = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            found[token.start[0]] = (not token.line[: token.start[1]].strip(), token.string.lstrip("#:!").strip())
    return found


def _comment(statement: ast.stmt, comments: Comments) -> str:
    """What stands right above, and then what stands beside."""
    above: list[str] = []
    line = statement.lineno - 1
    while comments.get(line, (False, ""))[0]:
        above.insert(0, comments[line][1])
        line -= 1
    lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
    beside = [comments[line][1] for line in lines if line in comments]
    said = [text for text in [*above, *beside] if not _ASIDE.match(text)]
    # A line without a letter separates; the first and the last would separate nothing.
    return "\n".join(text if re.search(r"\w", text) else "" for text in said).strip()
