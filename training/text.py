"""The text encoder: all-MiniLM-L6-v2, frozen, with its vocabulary cut to the words of captions and the most common others."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModel, BertModel, PreTrainedTokenizerFast

from training.art import Thing
from training.colours import BACKGROUNDS
from training.packages import text_encoder_folder

TOKENS = 20
"""Tokens of a prompt; a longer prompt is cut."""
VOCABULARY = 9000
"""Entries that are kept of 30,522: special tokens, letters, what captions use, and then the most frequent ones."""
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_CAPTION_WORDS = "a an on to background gradient picture of the and with in"


def load(downloads: Path, things: list[Thing]) -> tuple[PreTrainedTokenizerFast, BertModel]:
    """The tokenizer and the encoder for the pipeline. Every word can still be tokenised, if need be into letters."""
    folder = text_encoder_folder(downloads)
    settings = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    old: dict[str, int] = settings["model"]["vocab"]
    kept = _cut(old, PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json")), things)
    settings["model"]["vocab"] = {token: index for index, token in enumerate(kept)}
    settings["truncation"] = settings["padding"] = None
    for added in settings["added_tokens"]:
        added["id"] = kept.index(added["content"])
    for name, entry in settings["post_processor"]["special_tokens"].items():
        entry["ids"] = [kept.index(name)]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(settings)),
        model_max_length=TOKENS,
        do_lower_case=True,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )
    model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    rows = torch.tensor([old[token] for token in kept])
    embedding = torch.nn.Embedding.from_pretrained(model.embeddings.word_embeddings.weight[rows].clone(), padding_idx=0)
    model.set_input_embeddings(embedding)
    model.config.vocab_size = len(kept)
    model.config.use_attention_mask = True  # so that StableDiffusionPipeline passes the mask to the encoder
    return tokenizer, model.eval().requires_grad_(False)


def _cut(old: dict[str, int], tokenizer: PreTrainedTokenizerFast, things: list[Thing]) -> list[str]:
    """The tokens of a vocabulary that are kept, in its order, with the special ones first."""
    words = {*BACKGROUNDS, *_CAPTION_WORDS.split()}
    for thing in things:
        words |= {thing.name, *thing.keywords, *thing.keywords_held_out}
    used = {token for word in words for token in tokenizer.tokenize(word)}
    letters = {token for token in old if len(token.removeprefix("##")) == 1 and ord(token[-1]) < 0x250}
    kept = [token for token in old if token in used or token in letters]
    frequent = (token for token in old if token.removeprefix("##").isascii() and token.removeprefix("##").isalpha())
    chosen = {*kept}
    for token in frequent:  # the vocabulary lists its tokens by frequency
        if len(chosen) >= VOCABULARY - len(_SPECIAL):
            break
        chosen.add(token)
    return [*_SPECIAL, *(token for token in old if token in chosen)]


@torch.no_grad()
def encode(tokenizer: PreTrainedTokenizerFast, model: BertModel, captions: list[str], batch: int = 128) -> Tensor:
    """The hidden states of captions, (captions, TOKENS, 384) float16, as StableDiffusionPipeline computes them."""
    made = []
    for start in range(0, len(captions), batch):
        part = tokenizer(
            captions[start : start + batch],
            padding="max_length",
            max_length=TOKENS,
            truncation=True,
            return_tensors="pt",
        ).to(model.device)
        made.append(model(part.input_ids, attention_mask=part.attention_mask)[0].half().cpu())
    return torch.cat(made)
