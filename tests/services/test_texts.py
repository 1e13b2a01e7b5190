"""What a name may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenantry.errors import InvalidInput
from tenantry.services import texts


@pytest.mark.parametrize(
    "text", ["Team", "Équipe", "チーム", "👩‍👩‍👧 family", "a\u00a0b", "x" * 250, 'O\'Neil "q" <b>&']
)
def test_what_people_can_read_is_a_name(text: str) -> None:
    assert texts.name(text) == text
    assert texts.name(f" \t{text}\n") == text


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a\nb", "a\tb", "a\u202eb", "a\u2066b", "\ud800", "\x85a\x80"])
def test_what_they_cannot_read_is_none(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        texts.name(text, path=("name",))
    assert (refused.value.reason, refused.value.path) == ("invalidValue", ("name",))


def test_a_name_has_an_end() -> None:
    with pytest.raises(InvalidInput) as refused:
        texts.name("x" * 251)
    assert refused.value.reason == "tooLong"


def test_a_text_that_is_looked_up_has_an_end() -> None:
    assert texts.key("x" * 500, attribute="userName") == "x" * 500
    with pytest.raises(InvalidInput) as refused:
        texts.key("x" * 501, attribute="userName")
    assert refused.value.path == ("userName",)


@given(st.text(max_size=300))
def test_a_name_is_a_name_again(text: str) -> None:
    try:
        name = texts.name(text)
    except InvalidInput:
        return
    assert texts.name(name) == name
