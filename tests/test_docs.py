"""The words are whole: what the code has is in the docs, and what the docs point at is there."""

import ast
import json
import pkgutil
import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from django.apps import apps
from django.core.management import find_commands, get_commands, load_command_class
from prometheus_client import REGISTRY

from consumers import (
    comparison,
    consumer,
    datapath,
    excerpt,
    filter,
    health,
    hearing,
    history,
    moment,
    protocol,
    query,
    scrape,
    sse,
    subscription,
    window,
)
from consumers.clientmessage import parse
from consumers.refusal import status_of
from events.event import Entry, Event
from events.metrics import REASONS
from events.settings import PUBLISHERS, Settings

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
SETTINGS = (ROOT / "docs" / "settings.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EVENTSTREAM = (ROOT / "docs" / "eventstream.md").read_text()
LIBRARY = ROOT / "frontend" / "static" / "frontend" / "lib"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

CODE_SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CHECK = re.compile(r"signalcast\.[EW]\d{3}")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# The dotted path of what is ours to import, as `events.log.prune(…)`.
IMPORTED = re.compile(r"`\"?((?:config|consumers|events|frontend)(?:\.\w+)+)")
# A path in a code span: of a file or folder of this project, as `consumers/protocol.py` or `docs/`.
PATH = re.compile(r"(?:academy|benchmarks|config|consumers|docs|events|frontend|requirements|tests)/[\w./-]*")


def is_said(word: str, text: str) -> bool:
    """Whether the text names it as code, alone or as a part: `signalcast.E001`, `{"op":"hello"}`, `make run`."""
    return any(re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", span) for span in CODE_SPAN.findall(text))


def source(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def constants(node: ast.AST) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def calls(path: str, *names: str) -> list[ast.Call]:
    """The calls of these functions or methods in a module."""
    found = [node for node in ast.walk(source(path)) if isinstance(node, ast.Call)]
    return [call for call in found if getattr(call.func, "attr", getattr(call.func, "id", None)) in names]


def sent_ops() -> set[str]:
    """The `op`s in what the server builds: {"op": "welcome", …}."""
    objects = [node for node in ast.walk(source("consumers/protocol.py")) if isinstance(node, ast.Dict)]
    return {
        value.value
        for found in objects
        for key, value in zip(found.keys, found.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "op" and isinstance(value, ast.Constant)
    }


def heard_ops() -> set[str]:
    """The `op`s that the server matches in a client's message."""
    (parse,) = (
        n for n in source("consumers/clientmessage.py").body if isinstance(n, ast.FunctionDef) and n.name == "parse"
    )
    cases = [case.pattern for node in ast.walk(parse) if isinstance(node, ast.Match) for case in node.cases]
    return set().union(*map(constants, cases))


def members() -> set[str]:
    """The members of all messages that the server builds."""
    builders = ("welcome", "filtered", "heartbeat", "gap", "error", "bye", "batch", "reactions", "ghosts")
    functions = [n for n in ast.walk(source("consumers/protocol.py")) if isinstance(n, ast.FunctionDef)]
    objects = [n for f in functions if f.name in builders for n in ast.walk(f) if isinstance(n, ast.Dict)]
    return {key.value for found in objects for key in found.keys if isinstance(key, ast.Constant)}


def asked_members() -> set[str]:
    """The members that the server looks for in a client's message."""
    return {call.args[0].value for call in calls("consumers/clientmessage.py", "get")}


def marks() -> set[str]:
    """The first argument of every `mark(…)` that is written out."""
    found = [call for path in ("events/value.py", "events/payload.py") for call in calls(path, "mark")]
    return {call.args[0].value for call in found if isinstance(call.args[0], ast.Constant)}


def other_degradations() -> set[str]:
    found = [call for call in calls("events/value.py", "add") if getattr(call.func.value, "id", "") == "degraded"]
    return {call.args[0].value for call in found if isinstance(call.args[0], ast.Constant)}


def check_ids() -> set[str]:
    letters = {"_error": "E", "_warning": "W"}
    found = calls("events/checks.py", *letters)
    numbered = {f"signalcast.{letters[call.func.id]}{call.args[0].value:03}" for call in found}
    written_out = constants(source("events/declarations.py")) | constants(source("consumers/checks.py"))
    return numbered | {name for name in written_out if CHECK.fullmatch(name)}


def commands() -> set[str]:
    of_this_project = [app.path for app in apps.get_app_configs() if Path(app.path).parent == ROOT]
    return {name for path in of_this_project for name in find_commands(str(Path(path) / "management"))}


def environment() -> set[str]:
    """What the demo's settings ask `os.environ` for, however they do it."""
    tree = source("config/settings.py")
    asked = [call.args[0] for call in calls("config/settings.py", "get", "getenv") if _is_environ(call.func)]
    asked += [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript) and _is_environ(node.value)]
    return {node.value for node in asked if isinstance(node, ast.Constant)}


def _is_environ(node: ast.AST) -> bool:
    return ast.unparse(node).startswith("os.environ") or ast.unparse(node) == "os.getenv"


def make_targets() -> set[str]:
    (phony,) = re.findall(r"^\.PHONY:(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return set(phony.split())


def dialects() -> set[str]:
    parsers = [
        n for n in ast.walk(source("consumers/filter.py")) if isinstance(n, ast.FunctionDef) and n.name == "parse"
    ]
    cases = [case.pattern for f in parsers for n in ast.walk(f) if isinstance(n, ast.Match) for case in n.cases]
    return set().union(*map(constants, cases))


def parameters() -> set[str]:
    """The names that the query of an address may have."""
    (parse,) = (n for n in source("consumers/query.py").body if isinstance(n, ast.FunctionDef) and n.name == "parse")
    cases = [case.pattern for node in ast.walk(parse) if isinstance(node, ast.Match) for case in node.cases]
    return set().union(*map(constants, cases))


def attributes() -> set[str]:
    """What an event may have on the wire: what it is encoded with, and what is spliced in behind the id."""
    texts = {name: name for name in Event._fields if name != "time"} | {"data": "{}"}
    encoded = Event(**texts, time=datetime(2026, 1, 1, tzinfo=UTC)).encode()
    return set(json.loads(encoded)) | {"source", "sequence"}


def log_actions() -> set[tuple[str, str]]:
    """Every action that a record of ours names, with its level."""
    found = set()
    for path in [path for app in ("consumers", "events", "frontend") for path in (ROOT / app).rglob("*.py")]:
        for call in calls(str(path.relative_to(ROOT)), "debug", "info", "warning", "error", "exception", "critical"):
            for extra in (keyword.value for keyword in call.keywords if keyword.arg == "extra"):
                level = {"exception": "error"}.get(call.func.attr, call.func.attr).upper()
                found |= {(action, level) for action in constants(extra) - {"action"}}
    return found


def metrics() -> set[str]:
    """Every metric that `/metrics` shows, as it is written there, and its labels."""
    suffixes = {"counter": "_total", "info": "_info"}
    families = [*REGISTRY.collect(), *scrape.of_the_log(scrape.LogNow(0, None))]
    ours = [family for family in families if family.name.startswith("signalcast_")]
    names = {family.name + suffixes.get(family.type, "") for family in ours}
    return names | {label for family in ours for sample in family.samples for label in sample.labels} - {"le"}


def options() -> set[str]:
    """What `connect(url, options)` of the library takes."""
    text = (LIBRARY / "eventstream.js").read_text()
    (taken,) = re.findall(r"constructor\(url, \{(.*?)\} = \{\}\)", text, re.DOTALL)
    return set(re.findall(r"(?:^|,)\s*(\w+)", taken))


def states() -> set[str]:
    """The names that a stream of the library can have."""
    text = "".join((LIBRARY / name).read_text() for name in ("eventstream.js", "lifecycle.js"))
    said = re.findall(r"(?:#become|close|rest)\(((?:[^()]|\([^()]*\))*)\)", text)
    return {name for words in said for name in re.findall(r"'([a-z-]+)'", words)}


FACTS = {
    "message of the client": (heard_ops(), PROTOCOL),
    "message of the server": (sent_ops(), PROTOCOL),
    "member of a client's message": (asked_members(), PROTOCOL),
    "member of a server's message": (members(), PROTOCOL),
    "close code": ({str(code.value) for code in protocol.CloseCode}, PROTOCOL),
    "reason of a gap": (set(get_args(get_type_hints(protocol.Gap)["reason"])), PROTOCOL),
    "sub-protocol": (set(consumer._DIALECTS), PROTOCOL),
    "parameter of the query": (parameters(), PROTOCOL),
    "dialect of filters": (dialects(), PROTOCOL),
    "attribute of an event": (attributes(), PROTOCOL),
    "mark": (marks(), PROTOCOL),
    "mark, where payloads are declared": (marks(), SETTINGS),
    "other reason for being degraded": (other_degradations(), PROTOCOL),
    "setting": ({field.name for field in fields(Settings)}, SETTINGS),
    "publisher": (set(PUBLISHERS), SETTINGS),
    "check": (check_ids(), SETTINGS),
    "metric": (metrics(), OPERATIONS),
    "reason of a failure": (set(REASONS), OPERATIONS),
    "health check": (set(health.CHECKS), OPERATIONS),
    "command": ({f"manage.py {name}" for name in commands()}, SETTINGS),
    "variable of the environment": (environment(), SETTINGS),
    "option of eventstream.js": (options(), EVENTSTREAM),
    "state of eventstream.js": (states(), EVENTSTREAM),
    "make target": ({f"make {name}" for name in make_targets()}, SETTINGS),
}

LIMITS = {
    protocol.MAX_CLIENT_BYTES,
    protocol.WINDOW_EVENTS,
    protocol.WINDOW_BYTES,
    protocol.FRAME_EVENTS,
    protocol.FRAME_BYTES,
    window.STALLED_SECONDS,
    window.Pace.BYTES_A_SECOND,
    sse.MOST_BYTES,
    history.LIMIT,
    history.MAX_LIMIT,
    excerpt.MAX_BYTES,
    excerpt.MAX_LOOKED_BYTES,
    subscription.SCAN,
    filter.MAX_DEPTH,
    filter.MAX_EXPRESSIONS,
    filter.MAX_TEXT,
    datapath.MAX_LENGTH,
    datapath.MAX_PARTS,
    comparison.MAX_DIGITS,
    protocol.MAX_DEPTH,
    hearing.MAX_COMPLAINTS,
    Settings().MAX_DATA_BYTES,
    Settings().MAX_CLIENTS,
    Settings().MAX_CLIENTS_PER_USER,
    Settings().MAX_CLIENTS_PER_ADDRESS,
    Settings().MAX_HANDSHAKES,
    Settings().MAX_MESSAGES,
    Settings().HELLO_SECONDS,
    Settings().HEARTBEAT,
}


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_of_the_code_is_in_the_docs(fact):
    found, text = FACTS[fact]

    missing = {word for word in found if not is_said(word, text)}

    assert found, f"no {fact} was found in the code: look for it where it is now"
    assert not missing


def test_alerts_are_on_metrics_and_labels_that_are_there():
    table = OPERATIONS.split("## What to alert on")[1].split("\n## ")[0]
    named = set(re.findall(r"signalcast_\w+", table))
    labels = set(re.findall(r"(\w+)=~?\"", table))
    values = set(re.findall(r"[\w]+", " ".join(re.findall(r"(?:reason|code)=~?\"(.*?)\"", table))))

    assert {name.removesuffix("_bucket") for name in named} <= metrics()
    assert labels - {"job"} <= metrics()
    assert values <= set(REASONS) | {str(code.value) for code in protocol.CloseCode}


@pytest.mark.parametrize("limit", sorted(LIMITS))
def test_every_limit_is_in_the_table_of_limits(limit):
    table = section("Limits", PROTOCOL)

    assert re.search(rf"(?<![\d,]){limit:,.0f}(?![\d,])", table)


def test_every_status_that_a_stream_is_refused_with_is_in_the_table_of_refusals():
    # It offers no sub-protocol, and says no hello.
    codes = set(protocol.CloseCode) - {protocol.CloseCode.NO_SUBPROTOCOL, protocol.CloseCode.TOO_SLOW}
    table = section("Refusals", PROTOCOL)

    for code in codes:
        assert re.search(rf"^\| {status_of(code).value} \| [^|]*\b{code.value}\b", table, re.MULTILINE), code


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_documented_with_its_default(setting):
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    (row,) = re.findall(rf"^\| `{setting.name}` \|.*$", section("SIGNALCAST", SETTINGS), re.MULTILINE)

    assert f"`{json.dumps(default)}`" in row


def test_every_action_in_the_logs_is_documented_with_its_levels_and_no_other_is():
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z, ]+) \|", section("Logs", OPERATIONS), re.MULTILINE)

    documented = {(action, level) for action, levels in rows for level in levels.split(", ")}

    assert documented == log_actions()
    assert len(documented) > 15


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_points_at_is_there(document):
    text = FENCE.sub("", document.read_text())
    links = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    paths = [span for span in CODE_SPAN.findall(text) if PATH.fullmatch(span)]

    broken = [link for link in links if not leads_somewhere(link, document)]
    missing = [path for path in paths if not (ROOT / path).exists()]

    assert not broken
    assert not missing


@pytest.mark.parametrize("command", sorted(commands()))
def test_a_terminal_that_knows_ascii_alone_shows_a_commands_help(command):
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)

    assert parser.format_help().isascii()


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_says_of_commands_and_targets_is_so(document):
    text = document.read_text()

    targets = set(re.findall(r"(?:`|\$ |^)make ([a-z-]+)", text, re.MULTILINE))
    signalcasts_own = set(CHECK.findall(text))

    assert targets <= make_targets()
    assert signalcasts_own <= check_ids()


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_by_its_dotted_path_can_be_imported(document):
    for path in IMPORTED.findall(document.read_text()):
        pkgutil.resolve_name(path)


def test_the_example_client_is_python():
    (client,) = re.findall(r"^```python\n(.*?)^```$", section("A complete client", PROTOCOL), re.MULTILINE | re.DOTALL)

    compile(client, "docs/protocol.md", "exec")


def test_the_filters_in_the_docs_let_the_event_in_the_docs_through():
    event = Entry(1, json.dumps(json.loads(blocks("The event", "json")[0])))
    expressions = [json.loads(line) for line in blocks("Filters", "json")[0].splitlines()]

    refusing = [each for each in expressions if not filter.parse(each).matches(event)]

    assert len(expressions) > 5
    assert not refusing


def test_the_queries_in_the_docs_are_understood():
    text = re.sub(r"`", " ", PROTOCOL)
    queries = re.findall(r"(?:/ws/|/sse/)\?([^\s'\")]+)", text)

    assert len(queries) > 8
    assert all(query.parse(each) for each in queries)


def test_the_times_in_the_docs_are_times():
    times = [span for span in CODE_SPAN.findall(section("Times", PROTOCOL)) if re.match(r"\d", span)]

    assert len(times) > 8
    assert all(moment.since(each, datetime(2026, 11, 22, tzinfo=UTC)) for each in times)


def test_a_bye_has_the_codes_after_which_a_client_comes_back():
    (row,) = [line for line in section("`bye`", PROTOCOL).splitlines() if line.startswith("| `code`")]

    assert set(re.findall(r"\b4\d{3}\b", row)) == {str(int(code)) for code in protocol.CloseCode if code.comes_back}


def test_the_hellos_in_the_docs_are_understood():
    (lines,) = blocks("`hello`", "json")

    assert all(parse(line) for line in lines.splitlines())


def blocks(title: str, language: str) -> list[str]:
    """The fenced blocks of a section."""
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title, PROTOCOL), re.MULTILINE | re.DOTALL)


def section(title: str, text: str) -> str:
    """What stands below a heading, up to the next one of its own level or a higher one."""
    heading, rest = re.split(rf"^(#+) {re.escape(title)}$", text, maxsplit=1, flags=re.MULTILINE)[1:]
    return re.split(rf"^#{{1,{len(heading)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def leads_somewhere(link: str, page: Path) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
