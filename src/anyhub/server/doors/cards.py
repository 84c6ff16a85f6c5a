"""The metadata of cards, checked before they are committed."""

from __future__ import annotations

from anyhub.cards.text import CardText
from anyhub.errors import ValidationError
from anyhub.repocard.validation import check
from anyhub.server.answers import Answer, json_answer, text_answer
from anyhub.server.call import Call, Handler, field
from anyhub.values import REPO_TYPES
from anyhub.wire.errors import headers_of


def validate(call: Call) -> Answer:
    """Say what is wrong with a card, in JSON or in the lines that a terminal shows."""
    content = call.json()
    card, kind = field(content, "content", str), field(content, "repoType", str, "model")
    if kind not in REPO_TYPES:
        raise ValidationError(f"{kind[:40]!r} is not a repository type; use one of {', '.join(REPO_TYPES)}.")
    errors, warnings = _findings(card, kind)
    status = 400 if errors else 200
    headers = headers_of(ValidationError(errors[0])) if errors else {}
    if "text/plain" in call.headers.get("accept", ""):
        lines = [f"- Error: {each}" for each in errors] + [f"- Warning: {each}" for each in warnings]
        return text_answer("\n".join(lines), status, headers)
    spelled = {"errors": [{"message": each} for each in errors], "warnings": [{"message": each} for each in warnings]}
    return json_answer(spelled, status, headers)


def _findings(card: str, kind: str) -> tuple[list[str], list[str]]:
    try:
        check(card, kind)
    except ValidationError as error:
        return [error.message], []
    if not CardText.cut(card).block.strip():
        return [], ["The card has no metadata. Add a YAML block at its top."]
    return [], []


HANDLERS: dict[str, Handler] = {"card.validate": validate}
