import pytest

from ui.access import is_listed


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"email": "ada@lab.example"}, True),
        ({"email": "ADA@Lab.Example", "email_verified": True}, True),
        ({"email": "bob@team.example"}, True),
        ({"email": "bob@team.example.evil"}, False),
        ({"email": "eve@lab.example"}, False),
        ({"email": "ada@lab.example", "email_verified": False}, False),
        ({"email": ""}, False),
        ({}, False),
    ],
)
def test_an_editor_is_who_is_listed_by_a_verified_address(user: dict, expected: bool) -> None:
    assert is_listed(user, ["ada@lab.example", "*@team.example"]) is expected


def test_without_a_list_nobody_is_an_editor() -> None:
    assert not is_listed({"email": "ada@lab.example"}, [])
