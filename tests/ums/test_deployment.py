"""`deploy/`: its files fit the project and one another. `test_cluster` runs their commands."""

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.ums.deployment import DEPLOY, ROOT, command, compose, names_in

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OURS = ("migrate", "web", "worker", "beat")
FOR_COMPOSE = {"POSTGRES_PASSWORD", "RABBITMQ_PASSWORD"}


def known_settings() -> set[str]:
    """What `settings.py` reads from the environment."""
    read = r'env\.(?:str|bool|int|list|db_url)\(\s*"([A-Z_]+)"'
    return set(re.findall(read, (ROOT / "ums" / "settings.py").read_text()))


def unit(path: Path) -> dict[str, list[str]]:
    """The service section; a key may come several times."""
    values: dict[str, list[str]] = {}
    section = path.read_text().partition("[Service]\n")[2].partition("[Install]")[0]
    for line in section.splitlines():
        key, equals, value = line.partition("=")
        if equals and not key.startswith("#"):
            values.setdefault(key, []).append(value)
    return values


def executed(path: Path) -> list[str]:
    (line,) = unit(path)["ExecStart"]
    return shlex.split(line)


def test_the_example_of_the_settings_names_each_of_them_and_no_other() -> None:
    assert names_in(ROOT / ".env.example") == known_settings()


def test_the_cluster_is_what_its_documentation_says() -> None:
    services = compose()["services"]

    assert set(services) == {*OURS, "postgres", "rabbitmq"}
    assert services["web"]["deploy"]["replicas"] == services["worker"]["deploy"]["replicas"] == 2
    assert services["migrate"]["restart"] == "on-failure"


@pytest.mark.parametrize("name", OURS)
def test_a_service_gets_settings_that_exist(name: str) -> None:
    service = compose()["services"][name]

    assert set(service["environment"]) <= known_settings()
    assert service["env_file"] == ".env"
    assert {volume.partition(":")[2] for volume in service["volumes"]} == {
        service["environment"]["UMS_DATA_DIR"]
    }


def test_what_compose_asks_for_is_in_its_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    example = names_in(DEPLOY / "env.example")

    assert set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text)) == FOR_COMPOSE <= example
    assert example - FOR_COMPOSE <= known_settings()


def test_services_wait_for_services_that_exist_and_that_tell_their_health() -> None:
    file = compose()
    services: dict[str, Any] = file["services"]
    for service in services.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert services[name]["healthcheck"]["test"]
            else:
                assert (name, wait["condition"]) == ("migrate", "service_completed_successfully")
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in file["volumes"]


def test_the_image_has_all_sources_and_nothing_else() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    copied = {line.split()[1] for line in dockerfile.splitlines() if line.startswith("COPY ")}
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()

    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    assert copied == packages | {"manage.py", "requirements.lock", "static", "templates"}
    assert all((ROOT / name).exists() for name in copied)
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_the_image_runs_the_web_process_by_itself() -> None:
    (default,) = re.findall(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)

    assert re.findall(r'"([^"]+)"', default) == command("web")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.name))
def test_a_unit_runs_a_program_of_the_project_and_is_confined(path: Path) -> None:
    configparser.RawConfigParser(strict=False, allow_no_value=True).read_string(path.read_text())
    service = unit(path)

    program = Path(executed(path)[0])
    assert program.parent == Path("/opt/ums/.venv/bin")
    assert (ROOT / ".venv" / "bin" / program.name).exists()
    assert service["EnvironmentFile"][0] == "/etc/ums/ums.env"
    assert service["User"] == ["ums"]
    assert service["ProtectSystem"] == ["strict"]
    # The folder that may be written to is the one that UMS writes to.
    assert service["Environment"][0] == f"UMS_DATA_DIR=/var/lib/{service['StateDirectory'][0]}"
    # A child that gets SIGTERM as well dies in the middle of its call.
    assert service["KillMode"] == ["mixed"]


def test_units_and_compose_start_the_same_processes() -> None:
    by_name = {path.name: executed(path)[1:] for path in UNITS}

    assert by_name["ums-beat.service"] == command("beat")[1:]
    worker = by_name["ums-celery@.service"]
    assert set(command("worker")[1:]) <= {*worker, "--concurrency", "4"}
    assert set(command("web")) - set(by_name["ums-web.service"]) == {
        "gunicorn",
        "0.0.0.0:8000",
        "2",
    }
