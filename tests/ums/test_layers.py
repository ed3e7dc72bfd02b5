"""Imports point right only: ums -> messaging_app -> users_app -> channels_app -> ums.lib."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = ("ums", "messaging_app", "users_app", "channels_app", "ums.lib")
HTTP_CLIENTS = {Path("channels_app/jpush/client.py")}


def layer_of(module: str) -> int | None:
    """The place of a module in LAYERS; None for what is not ours."""
    if module == "ums.lib" or module.startswith("ums.lib."):
        return LAYERS.index("ums.lib")
    package = module.partition(".")[0]
    return LAYERS.index(package) if package in LAYERS else None


def sources() -> Iterator[tuple[Path, str]]:
    for package in ("ums", "channels_app", "users_app", "messaging_app"):
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            yield relative, ".".join(relative.with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(("path", "module"), list(sources()), ids=str)
def test_a_module_imports_only_from_its_own_layer_or_further_right(path: Path, module: str) -> None:
    own = layer_of(module)
    assert own is not None
    wrong = [
        name for name in imports(path) if (layer := layer_of(name)) is not None and layer < own
    ]
    # `ums.lib` lies inside the package `ums`, whose name alone says nothing.
    assert [name for name in wrong if name != "ums"] == []


def test_the_layer_check_finds_a_wrong_import() -> None:
    assert layer_of("channels_app.models") == 3
    assert layer_of("ums.lib.sql") == 4
    assert layer_of("ums.urls") == 0
    assert layer_of("django.db") is None


def test_only_the_jpush_client_imports_requests() -> None:
    users = {path for path, _module in sources() if "requests" in set(imports(path))}

    assert users == HTTP_CLIENTS


def test_nothing_but_settings_reads_settings_while_it_is_imported() -> None:
    guilty = [
        f"{path}:{node.lineno}"
        for path, module in sources()
        if module != "ums.settings"
        for node in run_at_import(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
    ]
    assert guilty == []


def run_at_import(path: Path) -> Iterator[ast.AST]:
    for statement in ast.parse((ROOT / path).read_text()).body:
        if not isinstance(statement, ast.FunctionDef | ast.ClassDef):
            yield from ast.walk(statement)
