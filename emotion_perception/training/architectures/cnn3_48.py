"""Three plain convolutions at 48x48."""

from __future__ import annotations

from keras import Input, Model, layers


def build(classes: int, *, dropout: float = 0.0) -> Model:
    """Build it: 318,407 parameters with 7 classes.

    The network of TensorFlow's tutorial "Convolutional Neural Network (CNN)" with a wider input, as a thesis used it on
    FER2013: 3x3 convolutions of 32, 64 and 64 (valid, ReLU) with 2x2 pools between them, a dense layer of 64.

    dropout: before the last layer; the thesis has none.
    """
    pixels = Input((48, 48, 1), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    x = layers.Conv2D(32, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="cnn3_48")
