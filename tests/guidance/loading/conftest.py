"""The hub that tests of loading download from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from tests.guidance.loading.local_hub import LocalHub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """A hub without repositories, and an empty cache."""
    ours = LocalHub(tmp_path / "hub")
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", ours.url)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 2**20)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", ours.url + "/{repo_id}/resolve/{revision}/{filename}")
    api = huggingface_hub.HfApi(endpoint=ours.url, token=False)
    for method in ("resolve_revision", "list_repo_tree"):
        monkeypatch.setattr(huggingface_hub, method, getattr(api, method))
    yield ours
    ours.close()
