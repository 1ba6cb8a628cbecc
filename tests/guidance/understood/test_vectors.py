"""The algebra: what is bound comes out again exactly, and what is bundled is found among all names."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from guidance.understood.vectors import bind, bundle, clean_up, codes, hypervectors, similarities, unbind

NAMES = [f"name {number}" for number in range(300)]


def test_the_vectors_of_names_never_change() -> None:
    """The hash was taken when the first probe was trained: with other vectors its weights say nothing."""
    made = hypervectors(["dog", "(nothing)", "role:object"], 2048, 6)
    assert made.dtype == np.float32 and set(np.unique(made)) == {-1.0, 1.0}
    digest = hashlib.sha256(np.packbits(made > 0).tobytes()).hexdigest()
    assert digest == "22eb8d683fa5340521f24aa2efd45a3cc796fa3be0106504542edf71f9107fa9"


def test_a_name_has_its_vector_whatever_else_is_asked_for() -> None:
    assert np.array_equal(hypervectors(["a", "b"], 128, 1)[1], hypervectors(["b"], 128, 1)[0])
    assert not np.array_equal(hypervectors(["b"], 128, 1), hypervectors(["b"], 128, 2))


def test_random_vectors_resemble_each_other_as_little_as_theory_says() -> None:
    found = similarities(made := hypervectors(NAMES, 2048, 3), made)
    others = found[~np.eye(len(NAMES), dtype=bool)]
    assert np.allclose(np.diag(found), 1, atol=1e-6)
    assert abs(others.std() * 2048**0.5 - 1) < 0.05


def test_unbinding_is_the_exact_inverse_of_binding() -> None:
    role, filler = hypervectors(["role", "filler"], 2048, 3)
    pair = bind(role, filler)
    assert np.array_equal(unbind(pair, role), filler) and np.array_equal(unbind(pair, filler), role)
    assert np.abs(similarities(pair, np.stack([role, filler]))).max() < 0.1, "a pair resembles neither part"


def test_every_filler_of_a_bundle_is_found_through_its_role() -> None:
    codebook, roles = hypervectors(NAMES, 2048, 3), hypervectors([f"role {each}" for each in range(7)], 2048, 3)
    random = np.random.default_rng(1)
    for _ in range(20):
        said = random.integers(0, len(NAMES), 7)
        whole = bundle(np.stack([bind(role, codebook[each]) for role, each in zip(roles, said, strict=True)]))
        for role, each in zip(roles, said, strict=True):
            index, cosine, margin = clean_up(unbind(whole, role), codebook)
            assert index == each
            assert abs(cosine - 7**-0.5) < 0.06 and margin > 0.1


def test_a_role_that_was_not_bound_gives_noise() -> None:
    codebook, roles = hypervectors(NAMES, 2048, 3), hypervectors(["one", "other"], 2048, 3)
    _, cosine, margin = clean_up(unbind(bind(roles[0], codebook[5]), roles[1]), codebook)
    assert cosine < 0.1 and margin < 0.05


def test_a_vector_of_zeros_resembles_nothing() -> None:
    assert not similarities(np.zeros(128, np.float32), hypervectors(["a"], 128, 1)).any()


@pytest.mark.parametrize("dimensions", [0, -64, 100])
def test_dimensions_are_whole_words(dimensions: int) -> None:
    with pytest.raises(ValueError, match=str(dimensions)):
        hypervectors(["a"], dimensions, 1)


def test_states_of_near_directions_have_near_hypervectors() -> None:
    """The cosine that is expected at each angle is Charikar's."""
    random = np.random.default_rng(2)
    one, across = random.standard_normal((2, 384)).astype(np.float32)
    across -= one * (one @ across) / (one @ one)
    across *= np.linalg.norm(one) / np.linalg.norm(across)
    angles = np.array([0, 30, 60, 90, 150, 180]) * np.pi / 180
    turned = np.cos(angles)[:, None] * one + np.sin(angles)[:, None] * across
    made = codes(turned.astype(np.float32), 2048, 6)
    assert set(np.unique(made)) == {-1.0, 1.0}
    assert np.abs(similarities(made, made[:1])[:, 0] - (1 - 2 * angles / np.pi)).max() < 4 / 2048**0.5


def test_the_length_of_a_state_does_not_matter() -> None:
    state = np.random.default_rng(3).standard_normal((1, 384)).astype(np.float32)
    assert np.array_equal(codes(state, 512, 1), codes(7 * state, 512, 1))
    assert not np.array_equal(codes(state, 512, 1), codes(state, 512, 2))
