"""Tiny text encoders with their tokenizers, which know letters and no words."""

from __future__ import annotations

from typing import Any

from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Gemma2Config,
    Gemma2Model,
    GemmaTokenizer,
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from tests.guidance.tiny.sizes import POOLED, WIDTH

LETTERS = sorted(ByteLevel.alphabet())

# Each template is all that its pipeline needs: the text of every message, one after the other.
TEXTS = "{% for message in messages %}{{ message['content'] }} {% endfor %}"
PARTS = "{% for message in messages %}{% for part in message['content'] %}{{ part['text'] }} {% endfor %}{% endfor %}"


def clip(projection: bool = False) -> Any:
    config = CLIPTextConfig(
        vocab_size=2 * len(LETTERS) + 2,
        hidden_size=POOLED,
        intermediate_size=POOLED,
        projection_dim=POOLED,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    return (CLIPTextModelWithProjection if projection else CLIPTextModel)(config).eval()


def clip_tokenizer() -> CLIPTokenizer:
    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(letter + "</w>" for letter in LETTERS)]
    return CLIPTokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], model_max_length=77)


def t5() -> T5EncoderModel:
    return T5EncoderModel(
        T5Config(vocab_size=4 + len(LETTERS), d_model=WIDTH, d_kv=8, d_ff=WIDTH, num_layers=1, num_heads=2)
    ).eval()


def t5_tokenizer() -> T5Tokenizer:
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in LETTERS)]
    return T5Tokenizer(vocab=words, extra_ids=0, model_max_length=77)


def gemma() -> Gemma2Model:
    return Gemma2Model(
        Gemma2Config(
            vocab_size=5 + len(LETTERS),
            hidden_size=WIDTH,
            intermediate_size=WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
        )
    ).eval()


def gemma_tokenizer() -> GemmaTokenizer:
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *LETTERS]
    return GemmaTokenizer(vocab={word: place for place, word in enumerate(words)}, model_max_length=77)


DECODER = {
    "vocab_size": 1 + len(LETTERS),
    "hidden_size": WIDTH,
    "intermediate_size": WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "max_position_embeddings": 1024,
}


def qwen_tokenizer(template: str = TEXTS) -> Qwen2Tokenizer:
    words = ["<|endoftext|>", *LETTERS]
    return Qwen2Tokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], chat_template=template)


def qwen_vl() -> Qwen2_5_VLForConditionalGeneration:
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": WIDTH}
    text: dict[str, Any] = {name: value for name, value in DECODER.items() if name != "head_dim"}
    text["rope_parameters"] = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e6}
    text |= {"bos_token_id": 0, "eos_token_id": 0}
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision)).eval()


def mistral() -> Mistral3ForConditionalGeneration:
    vision = {
        "model_type": "pixtral",
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 16,
        "head_dim": 8,
    }
    return Mistral3ForConditionalGeneration(
        Mistral3Config(text_config=DECODER | {"model_type": "mistral"}, vision_config=vision)
    ).eval()


def qwen3() -> Qwen3Model:
    """The text encoder of Z-Image."""
    return Qwen3Model(Qwen3Config(**DECODER)).eval()


def qwen3_causal() -> Qwen3ForCausalLM:
    """The text encoder of Flux 2 klein."""
    return Qwen3ForCausalLM(Qwen3Config(**DECODER)).eval()
