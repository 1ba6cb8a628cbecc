"""Dual scales take the imbalance out of a matrix."""

from __future__ import annotations

import torch

from guidance.quantize.sinkhorn import dual_scales, imbalance


def _random(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_imbalance_is_the_ratio_of_deviations() -> None:
    matrix = _random(1, 40, 30)
    matrix[0, 3] *= 50
    deviations = torch.cat((matrix[0].std(0, correction=0), matrix[0].std(1, correction=0)))
    torch.testing.assert_close(imbalance(matrix)[0], deviations.max() / deviations.min())


def test_scales_that_were_multiplied_in_are_found() -> None:
    rows, columns = (_random(1, 96, 1) * 1.5).exp(), (_random(1, 1, 64) * 1.5).exp()
    even = _random(1, 96, 64) * 0.02
    u, v = dual_scales(even * rows * columns)
    assert float(imbalance(even * rows * columns)) > 50
    assert float(imbalance(even * rows * columns / (u * v))) < 1.02
    # rows and columns are known up to one factor, and up to the noise of a deviation of a few dozen numbers
    for found, wanted in ((u, rows), (v, columns)):
        off = found.log().flatten() - wanted.log().flatten()
        assert float(off.std()) < 0.15


def test_the_geometric_mean_of_the_column_scales_is_one() -> None:
    _, v = dual_scales(_random(3, 32, 16) * _random(3, 1, 16).exp())
    torch.testing.assert_close(v.log().mean(2), torch.zeros(3, 1), atol=1e-5, rtol=0)


def test_every_tile_is_on_its_own() -> None:
    tiles = _random(5, 32, 16) * _random(5, 1, 16).exp()
    u, v = dual_scales(tiles)
    for number in range(5):
        one_u, one_v = dual_scales(tiles[number : number + 1])
        torch.testing.assert_close(
            tiles[number] / (u * v)[number], tiles[number] / (one_u * one_v)[0], rtol=0.02, atol=1e-3
        )


def test_imbalance_never_grows() -> None:
    for seed in range(20):
        random = torch.Generator().manual_seed(seed)
        matrix = torch.randn(4, 24, 16, generator=random) * torch.randn(4, 24, 16, generator=random).exp().square()
        u, v = dual_scales(matrix)
        assert bool((imbalance(matrix / (u * v)) <= imbalance(matrix) * 1.001).all())


def test_rows_and_columns_that_are_dead_do_no_harm() -> None:
    matrix = _random(2, 32, 16)
    matrix[0, 4], matrix[0, :, 7] = 0, 0
    matrix[1] = 0
    u, v = dual_scales(matrix)
    for scale in (u, v):
        assert bool(torch.isfinite(scale).all()) and bool((scale > 0).all())
    assert float(imbalance(matrix)[1]) == 1
    assert float(imbalance(matrix / (u * v))[0]) < 1.02
