"""The table of moves: what docs/delivery.md says of it, and that nobody goes round it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from channels_app.models import Channel
from messaging_app import states
from messaging_app.models import Batch, Message
from messaging_app.states import BatchMove, MessageMove
from tests.messaging_app.figures import settle
from tests.messaging_app.makers import one_batch

HERE = Path(settings.BASE_DIR)
NAME = re.compile(r"`([a-z_]+)`")
CREATION = ""
Move = tuple[str, str]
# In one statement for many rows, whose locks they hold: the moves CLAIM and SEND.
RAW_SQL = {("claiming.py", "_store"), ("outcomes.py", "_send")}
STATE = re.compile(r"\b(Batch|Message)\.State\.")
RAW_UPDATE = re.compile(r"UPDATE messaging_app_(batch|message)\b.*?\bSET\b.*?\bstate = ", re.DOTALL)


def documented(heading: str) -> set[Move]:
    """The table below a heading of docs/delivery.md: `| from | to | cause | who |`."""
    text = (HERE / "docs" / "delivery.md").read_text()
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| ")]
    assert [cell.strip() for cell in rows[0]] == ["from", "to", "cause", "who"]
    moves = set()
    for sources, targets, cause, who in rows[1:]:
        assert cause.strip()
        assert NAME.search(who.replace(".", "_")), who
        for source in [CREATION] if sources.strip() == "–" else NAME.findall(sources):
            moves |= {(source, target) for target in NAME.findall(targets)}
    return moves


def made(kind: type[MessageMove] | type[BatchMove]) -> set[Move]:
    found = [move for move in vars(states).values() if isinstance(move, kind)]
    return {(source.value, move.target.value) for move in found for source in move.sources}


@pytest.mark.parametrize(
    ("heading", "kind", "created"),
    [
        ("Message", MessageMove, {"pending_approval", "scheduled", "expanding"}),
        ("Batch", BatchMove, {"queued", "cancelled"}),
    ],
)
def test_the_docs_have_every_move_and_no_other(
    heading: str, kind: type[MessageMove] | type[BatchMove], created: set[str]
) -> None:
    assert documented(heading) == made(kind) | {(CREATION, state) for state in created}


@pytest.mark.parametrize(("heading", "model"), [("Message", Message), ("Batch", Batch)])
def test_the_docs_lead_into_every_state(heading: str, model: type[Message] | type[Batch]) -> None:
    assert {target for _source, target in documented(heading)} == set(model.State.values)


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield path.name, node


def engine() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted((HERE / "messaging_app").glob("*.py")):
        if path.name != "states.py":
            yield from functions(path)


def writes_state(node: ast.AST) -> bool:
    """`….update(state=…)`, `{"state": …}` or `….state = …`, of anything but a Delivery."""
    match node:
        case ast.Call(func=ast.Attribute(attr="update"), keywords=keywords):
            values = [ast.unparse(word.value) for word in keywords if word.arg == "state"]
            return any("Delivery.State" not in value for value in values)
        case ast.Dict(keys=keys, values=dict_values):
            pairs = zip(map(ast.unparse, filter(None, keys)), dict_values, strict=False)
            return any(key == "'state'" and STATE.search(ast.unparse(v)) for key, v in pairs)
        case ast.Assign(targets=targets):
            return any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets)
    return False


def test_who_writes_a_state_is_recognised() -> None:
    def found(line: str) -> bool:
        return any(writes_state(node) for node in ast.walk(ast.parse(line)))

    assert found("Batch.objects.filter(pk=1).update(lease='', state=Batch.State.SENT)")
    assert found("queued.update(state=state)")
    assert found("message.state = Message.State.DONE")
    assert found("values |= {'lease': '', 'state': Batch.State.SENT}")
    assert not found("answer = {'state': message.state}")
    assert not found("Delivery.objects.filter(pk=1).update(state=Delivery.State.CLICKED)")
    assert not found("Batch.objects.filter(state=state).update(lease='')")


def test_every_state_is_written_by_a_move() -> None:
    writers = {
        (module, function.name)
        for module, function in engine()
        if any(writes_state(node) for node in ast.walk(function))
    }
    # Its own module is to take the moves of the table.
    assert {place for place in writers if place[0] != "retraction.py"} == set()


def test_only_two_statements_write_a_state_in_sql() -> None:
    raw = set()
    for module, function in engine():
        texts = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if RAW_UPDATE.search(" ".join(texts)):
            raw.add((module, function.name))
    assert raw == RAW_SQL


MOVES = [move for move in vars(states).values() if isinstance(move, MessageMove | BatchMove)]


@pytest.mark.parametrize("state", list(Batch.State))
@pytest.mark.parametrize("move", [move for move in MOVES if isinstance(move, BatchMove)])
def test_a_batch_moves_from_its_sources_only(
    channel: Channel, move: BatchMove, state: Batch.State
) -> None:
    batch = one_batch(channel, "r1")
    settle(batch, state)

    moved = move.make(Batch.objects.all(), error_message="words")

    assert moved == (state in move.sources)
    batch.refresh_from_db()
    expected = (move.target, "words") if moved else (state, "")
    assert (batch.state, batch.error_message) == expected


@pytest.mark.parametrize("state", list(Message.State))
@pytest.mark.parametrize("move", [move for move in MOVES if isinstance(move, MessageMove)])
def test_a_message_moves_from_its_sources_only(
    channel: Channel, move: MessageMove, state: Message.State
) -> None:
    message = one_batch(channel, "r1").message
    Message.objects.update(state=state)

    moved = move.make(Message.objects.all(), reason="words")

    assert moved == (state in move.sources)
    message.refresh_from_db()
    expected = (move.target, "words") if moved else (state, "")
    assert (message.state, message.reason) == expected
