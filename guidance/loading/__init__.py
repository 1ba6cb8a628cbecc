"""Loading a text-to-image pipeline: the embedded model, a model of the Hugging Face hub, or a folder.

Importing this package loads neither torch, diffusers nor huggingface_hub.
"""

from guidance.loading.files import ChosenFiles, choose_files
from guidance.loading.model import LoadedModel, load, supported
from guidance.loading.model_ids import local_folder
from guidance.loading.pipeline import load_embedded
from reswd_torch.progress import OnProgress

__all__ = [
    "ChosenFiles",
    "LoadedModel",
    "OnProgress",
    "choose_files",
    "load",
    "load_embedded",
    "local_folder",
    "supported",
]
