"""docker-compose.yml: nothing reaches beyond this machine, and what it says of us is true. Docker itself is not run."""

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

from consumers.server import GRACE_SECONDS
from events.settings import current
from tests.composed import block, section, text
from tests.integration.nginx import PATH, Nginx

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "config" / "settings.py").read_text()
DOCKERFILE = block("dockerfile_inline")


def anchor(name):
    """The lines of `x-name: &name`."""
    return text().split(f"\nx-{name}: &{name}\n")[1].split("\n\n")[0]


def commands():
    """The words of each command that one of our containers runs."""
    found = [re.findall(r'"([^"]*)"', line) for line in re.findall(r"\n    command: (\[.*\])", text())]
    ours = [words for words in found if words[0] != "valkey-server"]
    return ours + [re.findall(r'"([^"]*)"', re.search(r"\n  command: (\[.*\])", text())[1])]


def test_all_that_is_published_is_published_on_this_machine_alone():
    published = re.findall(r"\n    ports:\n((?:      - .*\n)+)", text())

    assert text().count("ports:") == len(published) == 1
    assert re.findall(r"- (.*)\n", published[0]) == ['"127.0.0.1:${PORT:-8000}:80"']
    assert "network_mode" not in text()
    assert section("networks").strip().startswith("inside:\n    internal: true")


def test_every_command_is_one_of_ours():
    run = {words[0] for words in commands()}
    advised = set(re.findall(r"run --rm manage (\w+)", text()))

    assert run == {"serve", "simulate", "migrate", "seed", "help"}
    assert advised == {"createsuperuser", "shell"}
    assert run - {"help"} | advised <= set(get_commands())


def test_every_variable_is_one_that_the_settings_read():
    given = re.findall(r"\n    ([A-Z_]+): ", text().split("environment: &environment")[1].split("\n  volumes:")[0])

    assert {"DATABASE_URL", "METRICS_TOKEN", "LOG_FORMAT"} <= set(given)
    assert [name for name in given if f'os.environ.get("{name}"' not in SETTINGS] == []


def test_clients_have_their_own_address_and_not_the_proxys():
    assert text().count('\n    PROXIES: "1"\n') == 1
    assert block("content").count("proxy_set_header X-Forwarded-For $remote_addr;") == 1


def test_no_secret_is_in_it():
    assert not re.search(r"(?i)password\s*[:=]\s*\S", text())
    assert re.findall(r"SECRET_KEY: (.*)", text()) == ["${SECRET_KEY:-}"]
    assert "POSTGRES_HOST_AUTH_METHOD: trust" in text()


def test_every_server_is_looked_at_and_started_again_and_its_log_has_an_end():
    services = re.split(r"\n  (?=\w+:)", section("services"))[1:]
    named = {service.split(":")[0]: service for service in services}

    assert set(named) == {"proxy", "web1", "web2", "simulate", "manage", "migrate", "seed", "postgresql", "valkey"}
    for name in ("proxy", "postgresql", "valkey"):
        assert "healthcheck:" in named[name] and "restart: unless-stopped" in named[name]
        assert "    logging: *logs\n" in named[name]
    assert "\n  logging: &logs\n    driver: local\n" in anchor("web")
    assert "healthcheck:" in text().split("x-server: &server")[1].split("\nx-once")[0]
    for name in ("web1", "web2"):
        assert named[name].split() == [f"{name}:", "*server"]
    for name in ("migrate", "seed"):
        assert "<<: *once" in named[name]


def test_a_server_has_the_time_to_take_leave_and_room_for_its_clients():
    server = anchor("server")
    (grace,) = re.findall(r"\n  stop_grace_period: (\d+)s\n", server)
    (files,) = re.findall(r"\n  ulimits: &many\n    nofile: (\d+)\n", server)

    assert int(grace) >= GRACE_SECONDS + 5
    assert int(files) > current().MAX_CLIENTS
    assert "    ulimits: *many\n" in section("services").split("\n  proxy:")[1].split("\n\n")[0]
    assert int(files) >= int(re.search(r"worker_rlimit_nofile (\d+);", text())[1])


def test_whatever_is_ours_runs_the_one_image_that_is_built_once():
    assert text().count("build:") == text().count("dockerfile_inline:") == 1
    assert text().count("image: signalcast\n") == 1 and "  image: signalcast\n" in anchor("web")
    assert all("<<: *web" in anchor(name) for name in ("server", "once"))

    (builder,) = [service for service in re.split(r"\n  (?=\w+:)", section("services")) if "build:" in service]
    assert builder.startswith("migrate:\n    <<: *once\n")


def test_it_says_which_versions_it_needs():
    head = text().split("\n\n")[0]

    assert "content: |" in text() and "Docker Compose 2.23.1" in head
    assert "start_interval:" in text() and "Docker Engine 25" in head


def test_the_image_holds_what_the_demo_needs_pinned_by_hash_and_runs_as_nobody_in_particular():
    copied = re.findall(r"^COPY (\S+)", DOCKERFILE, re.MULTILINE)

    assert all((ROOT / path).exists() for path in copied)
    assert {path.name for path in ROOT.glob("*/apps.py") for path in [path.parent]} <= set(copied)
    assert "pip install --no-cache-dir --require-hashes -r requirements/run.txt" in DOCKERFILE
    assert DOCKERFILE.index("USER signalcast") < DOCKERFILE.index("ENTRYPOINT")


@pytest.mark.parametrize("given", ["", "a key of one's own"])
def test_all_processes_share_a_key_that_the_first_of_them_makes_unless_one_is_given(tmp_path, given):
    shell, flags, script, name = re.findall(r'"((?:[^"\\]|\\.)*)"', DOCKERFILE.split("ENTRYPOINT")[1])
    script = script.replace('\\"', '"').replace("/keys/", f"{tmp_path}/").replace("exec python manage.py", "printenv")
    script = script.replace("python -c", "python3 -c")

    def run():
        done = subprocess.run(
            [shell, flags, script, name, "SECRET_KEY"],
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "SECRET_KEY": given},
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        return done.stdout.strip()

    first, second = run(), run()

    assert first == second == (given or (tmp_path / "secret").read_text().strip())
    assert len((tmp_path / "secret").read_text()) > 50


class Elsewhere:
    port = 1


def test_nginx_takes_the_configuration_of_the_proxy_where_there_is_one(tmp_path):
    configuration = block("content")

    assert configuration.count("proxy_set_header Host $http_host;") == 1
    assert "$$" not in configuration
    if PATH:
        said, status = Nginx(tmp_path / "nginx", Elsewhere, Elsewhere).test()
        assert status == 0, said
