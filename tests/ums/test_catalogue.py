"""Every string that a person sees is in Chinese too."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from django.utils.translation import gettext

from ums.local import catalogue


def test_the_catalogue_is_complete_true_to_the_sources_and_compiled() -> None:
    assert catalogue.problems() == []


def test_the_compiled_catalogue_is_the_one_that_pages_use() -> None:
    with translation.override("zh-hans"):
        assert gettext("Business lines") == "渠道"


def test_a_catalogue_that_is_not_true_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    po = tmp_path / "django.po"
    po.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
        'msgid "No longer said"\nmsgstr "旧"\n\nmsgid "Channels"\nmsgstr ""\n\n'
        '#, python-format\nmsgid "Port %(port)d"\nmsgstr "端口 %(ort)d"\n'
    )
    monkeypatch.setattr(catalogue, "PO", po)
    monkeypatch.setattr(catalogue, "MO", tmp_path / "django.mo")

    reasons = {(problem.message_id, problem.reason) for problem in catalogue.problems()}

    assert ("No longer said", "is no longer in the sources") in reasons
    assert ("Business lines", "is not in the catalogue") in reasons
    assert ("Channels", "has no translation") in reasons
    assert ("django.mo", "is not compiled from the catalogue") in reasons
    assert any(message_id == "Port %(port)d" for message_id, _reason in reasons)
    with pytest.raises(CommandError, match="The Chinese catalogue has"):
        call_command("catalogue", check=True)


def test_collecting_keeps_translations_and_compiles_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(catalogue, "PO", tmp_path / "django.po")
    monkeypatch.setattr(catalogue, "MO", tmp_path / "django.mo")
    call_command("catalogue")
    assert "strings to translate" in capsys.readouterr().out
    text = catalogue.PO.read_text()
    catalogue.PO.write_text(
        text.replace('msgid "Channels"\nmsgstr ""', 'msgid "Channels"\nmsgstr "通道"')
    )

    catalogue.update()
    first = catalogue.PO.read_bytes()
    catalogue.update()

    assert 'msgid "Channels"\nmsgstr "通道"' in catalogue.PO.read_text()
    assert catalogue.PO.read_bytes() == first
    assert catalogue.MO.stat().st_size > 0
