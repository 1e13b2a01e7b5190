"""The media types of requests and answers, as their headers name them."""

from starlette.datastructures import Headers

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
_SPOKEN = {RESPONSE_JSON: RESPONSE_JSON, JSON: JSON, "*/*": JSON, "application/*": JSON}


def preferred(headers: Headers) -> str | None:
    """What the client likes best of what we speak, the newer one of two it likes alike; None when it likes neither."""
    accept = ",".join(headers.getlist("accept"))
    if not accept.strip():
        return JSON
    liked: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in _SPOKEN:
            quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
            spoken = _SPOKEN[name]
            liked[spoken] = max(liked.get(spoken, 0), _number(quality))
    return max((name for name in (RESPONSE_JSON, JSON) if liked.get(name)), key=lambda name: liked[name], default=None)


def is_json(headers: Headers) -> bool:
    """Exactly JSON: the simple types a form can send never reach an operation."""
    name, *parameters = (piece.strip().lower() for piece in headers.get("content-type", "").split(";"))
    charsets = [piece.removeprefix("charset=").strip('"') for piece in parameters if piece.startswith("charset=")]
    return name == JSON and charsets in ([], ["utf-8"], ["utf8"])


def _number(quality: str) -> float:
    try:
        return float(quality)
    except ValueError:
        return 0
