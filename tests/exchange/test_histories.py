"""Chains of visits, checked against a slow and simple computation, and the order of stages."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vunnet.exchange.histories import chain, first_of_each, last_of_each
from vunnet.exchange.stages import typical_order

EPOCH = datetime.fromisoformat("2024-01-01")
CHANGES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["Lead", "Offer", "Won"]), st.integers(0, 1000)),
    max_size=25,
    unique_by=lambda change: (change[0], change[2]),
)


def table(changes: list[tuple[str, str, int]]) -> pa.Table:
    return pa.table(
        {
            "deal_id": pa.array([deal for deal, _, _ in changes], pa.string()),
            "stage": pa.array([stage for _, stage, _ in changes], pa.string()),
            "entered_at": pa.array([EPOCH + timedelta(hours=at) for _, _, at in changes], pa.timestamp("us")),
        }
    )


@given(changes=CHANGES)
def test_a_chain_has_no_gaps_and_no_repeats(changes: list[tuple[str, str, int]]) -> None:
    visits = chain(table(changes)).to_pylist()
    expected = []
    for deal in dict.fromkeys(deal for deal, _, _ in changes):
        own = sorted((at, stage) for of, stage, at in changes if of == deal)
        stays = [next(group) for _, group in groupby(own, key=lambda entry: entry[1])]
        following = [*stays[1:], (None, None)]
        expected += [
            (deal, stage, EPOCH + timedelta(hours=at), None if left is None else EPOCH + timedelta(hours=left), onward)
            for (at, stage), (left, onward) in zip(stays, following, strict=True)
        ]
    keys = ("deal_id", "stage", "entered_at", "left_at", "next_stage")
    assert [tuple(visit[key] for key in keys) for visit in visits] == expected


@given(changes=CHANGES, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_in_the_file_does_not_matter(changes: list[tuple[str, str, int]], seed: object) -> None:
    shuffled = list(changes)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    key = str
    assert sorted(map(key, chain(table(shuffled)).to_pylist())) == sorted(map(key, chain(table(changes)).to_pylist()))


def test_rows_of_one_moment_keep_the_file_s_order_also_where_it_runs_backwards() -> None:
    forwards = [("a", "Lead", 1), ("a", "Offer", 1), ("a", "Won", 5)]
    assert chain(table(forwards))["stage"].to_pylist() == ["Lead", "Offer", "Won"]
    assert chain(table(forwards[::-1]))["stage"].to_pylist() == ["Lead", "Offer", "Won"]


def test_an_exit_counts_only_for_the_last_stay() -> None:
    changes = table([("a", "Lead", 1), ("a", "Offer", 2)])
    exits = pa.array([EPOCH, EPOCH + timedelta(days=9)], pa.timestamp("us"))
    visits = chain(changes.append_column("exited_at", exits)).to_pylist()
    assert [visit["left_at"] for visit in visits] == [EPOCH + timedelta(hours=2), EPOCH + timedelta(days=9)]


@given(changes=CHANGES)
def test_first_and_last_of_each_key(changes: list[tuple[str, str, int]]) -> None:
    keys = pa.array([deal for deal, _, _ in changes], pa.string())
    values = pa.array([None if at % 3 == 0 else at for _, _, at in changes], pa.int64())
    pairs = list(zip(keys.to_pylist(), values.to_pylist(), strict=True))
    for function, order in ((first_of_each, pairs), (last_of_each, pairs[::-1])):
        found = dict(zip(*[column.to_pylist() for column in function(keys, values)], strict=True))
        assert found == {key: next((v for k, v in order if k == key and v is not None), None) for key in dict(pairs)}


def test_typical_order_is_the_way_most_deals_went() -> None:
    walks = ["Lead Offer Won", "Lead Won", "Offer Lead Won", "Lead Offer Lost", "Lead Offer"]
    changes = [(str(deal), stage, at) for deal, walk in enumerate(walks) for at, stage in enumerate(walk.split())]
    assert typical_order(chain(table(changes)))[:2] == ["Lead", "Offer"]
    assert typical_order(chain(table([]))) == []
