from __future__ import annotations

import numpy as np
import pytest

from kalsel_gap.terrain import slope_aspect


def test_the_arctangent_is_numpys_within_single_precision() -> None:
    x = np.concatenate([[0.0, 0.4142135, 1.0, 2.4142135], np.logspace(-12, 12, 4001)])
    single = x.astype(np.float32)
    found = np.array([slope_aspect._arctan(each) for each in single])
    np.testing.assert_allclose(found, np.arctan(single.astype(np.float64)), rtol=2.5e-7)
    assert slope_aspect._arctan(np.float32(np.inf)) == pytest.approx(np.pi / 2, rel=1e-7)
