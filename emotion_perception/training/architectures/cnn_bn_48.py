"""Three normalised convolutions at 48x48."""

from __future__ import annotations

from keras import Input, Model, layers


def build(classes: int, *, dropout: float = 0.5) -> Model:
    """Build it: 2,733,574 parameters with the thesis' 6 classes (FER2013 without disgust).

    3x3 same convolutions of 64, 128 and 256, each with batch normalisation, ReLU, a 2x2 pool and dropout 0.25, 0.4 and
    0.5; a dense layer of 256 with batch normalisation, ReLU and dropout, 0.5 in the thesis.
    """
    pixels = Input((48, 48, 1), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    for filters, rate in ((64, 0.25), (128, 0.4), (256, 0.5)):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(rate)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(dropout)(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="cnn_bn_48")
