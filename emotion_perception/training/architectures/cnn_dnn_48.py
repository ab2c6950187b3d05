"""Five convolutions down to one pixel at 48x48, then a deep stack of dense layers."""

from __future__ import annotations

from keras import Input, Model, layers


def build(classes: int, *, dropout: float = 0.0) -> Model:
    """Build it: 7,461,223 parameters with 7 classes.

    A thesis' CNN and DNN in one: 3x3 same convolutions of 64 to 1024 (ReLU), each with a 2x2 pool, to 1x1x1024; dense
    layers of 1024, 128, 64, 32 and 16 (ReLU).

    dropout: before the last layer; the thesis has none.
    """
    pixels = Input((48, 48, 1), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    for filters in (64, 128, 256, 512, 1024):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    for units in (1024, 128, 64, 32, 16):
        x = layers.Dense(units, activation="relu")(x)
    if dropout:
        x = layers.Dropout(dropout)(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="cnn_dnn_48")
