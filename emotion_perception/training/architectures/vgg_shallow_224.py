"""A shallow VGG at 224x224."""

from __future__ import annotations

from keras import Input, Model, initializers, layers, regularizers

#: Convolutions before each of the four pools.
_BLOCKS = ((32,), (64, 64), (128, 128), (128, 128))


def build(classes: int, *, dropout: float = 0.5) -> Model:
    """Build it: 2,181,191 parameters with 7 classes.

    VGG's pattern (Simonyan and Zisserman, 2015) cut down by a thesis on AffectNet: 3x3 same convolutions with batch
    normalisation, ReLU, L2 0.001 and weights from N(0, 0.01), 2x2 same pools, dropout, a dense layer of 64.
    """
    pixels = Input((224, 224, 1), name="pixels")
    x = layers.Rescaling(1 / 255)(pixels)
    for block in _BLOCKS:
        for filters in block:
            x = layers.Conv2D(
                filters,
                3,
                padding="same",
                kernel_initializer=initializers.RandomNormal(stddev=0.01),
                kernel_regularizer=regularizers.L2(0.001),
            )(x)
            x = layers.BatchNormalization()(x)
            x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(64, activation="relu")(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="vgg_shallow_224")
