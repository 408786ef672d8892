"""Random numbers of each school and draw."""

from __future__ import annotations

import numpy as np
import pytest

from kalsel_gap.robustness.streams import random_block, stream_keys, two_normal, two_uniform

# Known answers that the authors of the generator publish with it: counter, key, result.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((2**32 - 1,) * 4, (2**32 - 1,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_the_generator_gives_the_published_answers(
    counter: tuple[int, ...], key: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    given = np.uint64(key[0] | key[1] << 32), np.uint64(counter[0] | counter[1] << 32)
    found = random_block(*given, np.uint64(counter[2]), np.uint64(counter[3]))
    assert tuple(map(int, found)) == expected


def test_numbers_are_uniform_and_normal_and_of_their_own_school() -> None:
    keys, draws = stream_keys(["30300001", "30300002"]), range(20_000)
    one, two = (
        np.array([two_uniform(key, np.uint64(d), np.uint64(3), np.uint64(1)) for d in draws])
        for key in keys
    )
    assert one.min() > 0
    assert one.max() < 1
    # Mean 1/2 and variance 1/12, within four standard errors.
    assert np.abs(one.mean(axis=0) - 0.5).max() < 4 / np.sqrt(12 * len(draws))
    assert np.abs(one.var(axis=0) - 1 / 12).max() < 4 / np.sqrt(180 * len(draws))
    assert np.abs(np.corrcoef(np.hstack([one, two]), rowvar=False) - np.eye(4)).max() < 0.03
    normal = np.array(
        [two_normal(keys[0], np.uint64(d), np.uint64(3), np.uint64(1)) for d in draws]
    )
    assert np.abs(normal.mean(axis=0)).max() < 4 / np.sqrt(len(draws))
    assert np.abs(normal.var(axis=0) - 1).max() < 4 * np.sqrt(2 / len(draws))


def test_another_quantity_seed_or_draw_is_another_number() -> None:
    key = stream_keys(["30300001"])[0]
    counters = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**32, 0, 0)]
    found = {two_uniform(key, *map(np.uint64, each)) for each in counters}
    assert len(found) == len(counters)
