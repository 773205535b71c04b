"""Projects that Signalcast does not fit into as they are: each is told what to do."""

import shutil

import pytest

from .project import Project


@pytest.fixture
def project(python, started, tmp_path) -> Project:
    return Project(shutil.copytree(started, tmp_path / "project", ignore=shutil.ignore_patterns("db.sqlite3*")), python)


def settle(project: Project, lines: str) -> None:
    with (project.folder / "mysite" / "settings.py").open("a") as settings:
        settings.write(lines)


def settle_without_admin(project: Project, lines: str) -> None:
    settle(project, 'INSTALLED_APPS.remove("django.contrib.admin")\n' + lines)
    (project.folder / "mysite" / "urls.py").write_text("urlpatterns = []\n")


def package(project: Project, name: str) -> None:
    folder = project.folder / name
    folder.mkdir()
    (folder / "__init__.py").touch()


@pytest.mark.parametrize("name", ["events", "consumers", "frontend"])
def test_a_package_of_its_own_of_that_name_is_told_apart(project, name):
    package(project, name)

    complaint = project.refuse("check")

    assert f"Python finds that package in {project.folder}/{name}" in complaint
    assert "it must have another name" in complaint


def test_a_frontend_of_its_own_may_stay_where_there_is_no_dashboard(project):
    package(project, "frontend")
    (project.folder / "frontend" / "apps.py").write_text(
        "from django.apps import AppConfig\nclass Own(AppConfig):\n    name = 'frontend'\n"
    )
    settle(project, 'INSTALLED_APPS[INSTALLED_APPS.index("frontend")] = "frontend.apps.Own"\n')
    (project.folder / "mysite" / "urls.py").write_text("urlpatterns = []\n")
    settle(project, 'INSTALLED_APPS.remove("django.contrib.admin")\n')

    assert "no issues" in project.manage("check", "--fail-level", "WARNING")


def test_a_package_that_was_renamed_keeps_its_label(project):
    package(project, "meetings")
    (project.folder / "meetings" / "apps.py").write_text(
        "from django.apps import AppConfig\nclass Meetings(AppConfig):\n    name, label = 'meetings', 'events'\n"
    )
    settle(project, 'INSTALLED_APPS.append("meetings")\n')

    assert "no issues" in project.manage("check", "--fail-level", "WARNING")


def test_addresses_of_its_own_may_be_called_frontend(project):
    (project.folder / "mysite" / "pages.py").write_text('app_name = "frontend"\nurlpatterns = []\n')
    with (project.folder / "mysite" / "urls.py").open("a") as urls:
        urls.write('urlpatterns += [path("", include("mysite.pages"))]\n')

    assert "no issues" in project.manage("check", "--fail-level", "WARNING")


def test_a_folder_of_scripts_called_frontend_is_in_nobodys_way(project):
    (project.folder / "frontend" / "src").mkdir(parents=True)

    assert "no issues" in project.manage("check", "--fail-level", "WARNING")


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("events", 'add "events" to INSTALLED_APPS'),
        ("consumers", 'follows the stream by "consumers". Add it to INSTALLED_APPS'),
        ("frontend", 'its pages need "frontend" in INSTALLED_APPS'),
    ],
)
def test_an_app_that_was_left_out_is_named(project, app, told):
    settle(project, f'INSTALLED_APPS.remove("{app}")\n')

    assert told in project.refuse("check")


def test_a_project_without_users_is_told_that_it_needs_them(project):
    settle(project, 'INSTALLED_APPS = ["events", "consumers", "frontend"]\n')

    assert 'Add "django.contrib.auth"' in project.refuse("check")


@pytest.mark.parametrize("first", ["daphne", "django.contrib.staticfiles"])
def test_another_ones_runserver_is_warned_of(project, first):
    settle(project, f'INSTALLED_APPS = ["{first}", *(app for app in INSTALLED_APPS if app != "{first}")]\n')

    assert "signalcast.W008" in project.refuse("check", "--fail-level", "WARNING")


def test_a_project_in_which_nobody_can_be_known_is_warned(project):
    settle_without_admin(project, 'MIDDLEWARE = [path for path in MIDDLEWARE if "Authentication" not in path]\n')

    assert "signalcast.W009" in project.refuse("check", "--fail-level", "WARNING")


def test_a_project_whose_users_have_no_permissions_is_warned(project):
    (project.folder / "people").mkdir()
    (project.folder / "people" / "__init__.py").touch()
    (project.folder / "people" / "models.py").write_text(
        "from django.contrib.auth.models import AbstractBaseUser\n"
        "from django.db import models\n"
        "class Person(AbstractBaseUser):\n"
        "    name = models.TextField(unique=True)\n"
        "    USERNAME_FIELD = 'name'\n"
    )
    settle_without_admin(project, 'INSTALLED_APPS.append("people")\nAUTH_USER_MODEL = "people.Person"\n')

    assert "signalcast.W017" in project.refuse("check", "--fail-level", "WARNING")


def test_scripts_from_another_host_are_warned_of(project):
    settle(project, 'STATIC_URL = "https://static.example.com/"\n')

    assert "signalcast.W010" in project.refuse("check", "--fail-level", "WARNING")


def test_a_first_migration_that_sends_signals_says_in_one_line_what_is_lost(project):
    settle(project, 'SIGNALCAST["SIGNALS"].append("django.db.models.signals.post_save")\n')

    for apps in (["auth"], []):
        lost, told = project.run("manage.py", "migrate", *apps).stderr.split(maxsplit=1)

        assert int(lost) > 0
        assert told == "events are lost: they were sent before the log had its tables, which manage.py migrate makes\n"
