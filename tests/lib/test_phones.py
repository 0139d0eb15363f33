from __future__ import annotations

import pytest

from vunnet.lib.phones import address


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("+47 412 77 903", "tel:+4741277903"),
        ("(+47) 412-77-903", "tel:+4741277903"),
        ("+49 (0)30 123456", "tel:+4930123456"),
        ("(020) 7946 0000", "tel:02079460000"),
        ("+1 555 010 0199 x42", "tel:+15550100199;ext=42"),
        ("55 00 00 00 intern 7", "tel:55000000;ext=7"),
        ("*31#", "tel:*31"),
        ("", ""),
        ("ring the bell", ""),
    ],
)
def test_a_telephone_gets_what_it_can_dial(written: str, dialled: str) -> None:
    assert address(written) == dialled
