"""Turns sentences into vectors with a BERT encoder of one's own choice, in NumPy: for the few phrases of a dialogue.

The folder is laid out as sentence-transformers saves a model: config.json, tokenizer.json (WordPiece) and
model.safetensors. The network is that of Devlin et al. (2018), its last layer averaged over the words (Reimers and
Gurevych, 2019), as all-MiniLM-L6-v2 has it.
"""

from __future__ import annotations

import json
import math
import re
import struct
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emotion_perception.core.errors import ModelError

_MOST_WORDS = 64  # pieces of words of a sentence that are looked at
_KINDS = {"F32": np.float32, "F16": np.float16}


class SentenceEncoder:
    """Sentences of the language that the model was trained on. Raises ModelError, naming the file that is at fault."""

    def __init__(self, folder: Path) -> None:
        config = _json(folder / "config.json")
        if config.get("model_type") != "bert":
            raise ModelError(f"{folder}/config.json is not of a BERT encoder: give a folder such as all-MiniLM-L6-v2")
        tokenizer = _json(folder / "tokenizer.json").get("model", {})
        if tokenizer.get("type") != "WordPiece":
            raise ModelError(
                f"{folder}/tokenizer.json is no WordPiece tokenizer: give a folder such as all-MiniLM-L6-v2"
            )
        self._vocabulary: dict[str, int] = tokenizer["vocab"]
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._weights = _tensors(folder / "model.safetensors")
        try:
            self.encode("A sentence to see whether all weights are there.")
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{folder}/model.safetensors does not fit config.json ({error}): get the folder again"
            ) from error

    def encode(self, sentence: str) -> NDArray[np.float32]:
        """A vector of length 1; the more alike two sentences are, the nearer their product is to 1."""
        pieces = self._pieces(sentence)
        x = (
            self._weights["embeddings.word_embeddings.weight"][pieces]
            + self._weights["embeddings.position_embeddings.weight"][: len(pieces)]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._normalised("embeddings.LayerNorm", x)
        for number in range(self._layers):
            layer = f"encoder.layer.{number}"
            attended = self._linear(f"{layer}.attention.output.dense", self._attention(f"{layer}.attention.self", x))
            x = self._normalised(f"{layer}.attention.output.LayerNorm", x + attended)
            inner = _gelu(self._linear(f"{layer}.intermediate.dense", x))
            x = self._normalised(f"{layer}.output.LayerNorm", x + self._linear(f"{layer}.output.dense", inner))
        mean = x.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _pieces(self, sentence: str) -> list[int]:
        """Numbers of the longest known pieces of each word, from the left."""
        vocabulary = self._vocabulary
        text = unicodedata.normalize("NFD", sentence.lower())
        words = re.findall(r"\w+|[^\w\s]", "".join(c for c in text if not unicodedata.combining(c)))
        pieces: list[int] = []
        for word in words[:_MOST_WORDS]:
            start, found = 0, []
            while start < len(word):
                prefix = "##" if start else ""
                ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in vocabulary)
                end = next(ends, 0)
                if not end:
                    found = [vocabulary["[UNK]"]]
                    break
                found.append(vocabulary[prefix + word[start:end]])
                start = end
            pieces += found
        return [vocabulary["[CLS]"], *pieces[:_MOST_WORDS], vocabulary["[SEP]"]]

    def _linear(self, name: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        return x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalised(self, name: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self._epsilon)
        return scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _attention(self, name: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
        query, key, value = (
            self._linear(f"{name}.{part}", x).reshape(len(x), self._heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = scores / scores.sum(axis=-1, keepdims=True) @ value
        return mixed.transpose(1, 0, 2).reshape(len(x), -1)


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Hendrycks and Gimpel (2016), by its approximation with tanh."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): give the folder of a sentence encoder") from error
    return content if isinstance(content, dict) else {}


def _tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The arrays of a safetensors file: the length of its header, the header in JSON, then the numbers."""
    try:
        content = path.read_bytes()
        (length,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + length])
        tensors = {}
        for name, about in header.items():
            if name != "__metadata__" and about["dtype"] in _KINDS:
                start, end = about["data_offsets"]
                numbers = np.frombuffer(content[8 + length + start : 8 + length + end], _KINDS[about["dtype"]])
                tensors[name] = numbers.reshape(about["shape"]).astype(np.float32)
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise ModelError(f"{path} is no safetensors file ({error}): give the folder of a sentence encoder") from error
    return tensors
