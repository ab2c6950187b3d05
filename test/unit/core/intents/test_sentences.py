"""A tiny encoder with random weights, written as sentence-transformers writes one; the package has no real one."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from emotion_perception.core.errors import ModelError
from emotion_perception.core.intents.embedding import by_meaning
from emotion_perception.core.intents.sentences import SentenceEncoder

SIZE, INNER, LAYERS = 8, 16, 2
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "who", "am", "i", "for", "##get", "me", "stop", "?"]


def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    shapes = {"embeddings.word_embeddings.weight": (len(PIECES), SIZE),
              "embeddings.position_embeddings.weight": (80, SIZE),
              "embeddings.token_type_embeddings.weight": (2, SIZE)}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{layer}.{name}.weight": (SIZE, SIZE), f"{layer}.{name}.bias": (SIZE,)}
        shapes |= {f"{layer}.intermediate.dense.weight": (INNER, SIZE), f"{layer}.intermediate.dense.bias": (INNER,)}
        shapes |= {f"{layer}.output.dense.weight": (SIZE, INNER), f"{layer}.output.dense.bias": (SIZE,)}
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    arrays = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    for name in norms:
        arrays |= {f"{name}.weight": np.ones(SIZE, np.float32), f"{name}.bias": np.zeros(SIZE, np.float32)}
    return arrays


def write(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    config = {"model_type": "bert", "num_hidden_layers": LAYERS, "num_attention_heads": 2, "layer_norm_eps": 1e-12}
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = {piece: number for number, piece in enumerate(PIECES)}
    (folder / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordPiece", "vocab": vocabulary}}))
    header, blob = {}, b""
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [len(blob), len(blob) + array.nbytes]}
        blob += array.tobytes()
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + blob)
    return folder


def test_a_sentence_is_a_direction_that_depends_on_its_words_and_their_order(tmp_path: Path) -> None:
    encoder = SentenceEncoder(write(tmp_path, weights()))
    who, same, other = (encoder.encode(text) for text in ("Who am I?", "whó AM i ?", "I am who?"))
    assert who.shape == (SIZE,)
    assert np.linalg.norm(who) == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(who, same, atol=1e-6)
    assert who @ other < 0.9999
    np.testing.assert_allclose(encoder.encode("xyzzy"), encoder.encode("plugh"), atol=1e-6)  # both unknown
    assert encoder.encode("for") @ encoder.encode("forget") < 0.9999
    assert np.isfinite(encoder.encode("")).all()
    assert np.isfinite(encoder.encode("who " * 5000)).all()


def test_a_matcher_finds_the_nearest_phrase_but_no_consent(tmp_path: Path) -> None:
    encode = SentenceEncoder(write(tmp_path, weights())).encode
    phrases = {"who_am_i": ["who am i"], "forget_me": ["forget me"], "yes": ["stop"], "empty": []}
    matcher = by_meaning(encode, ["en"])("en", phrases)
    assert [match.intent for match in matcher.match("forget me", phrases)] == ["forget_me"]
    assert matcher.match("forget me", {"who_am_i"}) == []
    assert [match.intent for match in matcher.match("stop", phrases)] != ["yes"]
    assert by_meaning(encode, ["en"])("el", phrases).match("forget me", phrases) == []


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff" * 100])
def test_a_folder_that_is_no_encoder_is_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = write(tmp_path, weights()) / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=name):
        SentenceEncoder(tmp_path)


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    arrays = weights()
    del arrays["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelError, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        SentenceEncoder(write(tmp_path, arrays))
