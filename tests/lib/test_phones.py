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
        ("(+47) (0)22 33 44 55", "tel:+4722334455"),
        ("0047 (0)22 33 44 55", "tel:004722334455"),
        ("22 33 44 55 / 99 88 77 66", "tel:22334455"),
        ("+47 22 33 44 55 +47 99 88 77 66", "tel:+4722334455"),
        ("22334455\n99887766", "tel:22334455"),
        ("22 33 44 55 (09-16)", "tel:22334455"),
        ("22 33 44 55 (kontor)", "tel:22334455"),
        ("113", "tel:113"),
        ("+1-800-FLOWERS", ""),
        ("room 12", ""),
        ("tlf 12", ""),
        ("1234567890123456", ""),
        ("", ""),
        ("ring the bell", ""),
    ],
)
def test_a_telephone_gets_what_it_can_dial(written: str, dialled: str) -> None:
    assert address(written) == dialled
