"""Our own: a small residual network at 48x48."""

from __future__ import annotations

from keras import Input, KerasTensor, Model, initializers, layers

#: Channels of the stem (48x48) and of the stages at 24x24, 12x12 and 6x6, two blocks each.
_CHANNELS = (32, 48, 96, 168)
#: Squeeze-and-excitation squeezes to this part of the channels.
_SQUEEZE = 8


def build(classes: int, *, width: float = 1.0, dropout: float = 0.3, drop_path: float = 0.0) -> Model:
    """Build it: 1,324,609 parameters with 7 classes and width 1.

    Basic blocks of He et al. (2015) whose shortcuts average before they shrink (ResNet-D, He et al., 2018), each with
    squeeze-and-excitation (Hu et al., 2018); a 3x3 stem that keeps the full 48x48, as the pictures are small.

    width: factor of all channels (rounded to 8): 1 is what the robot runs, 2 makes a teacher. dropout: before the last
    layer. drop_path: probability that a picture skips the last block (stochastic depth, Huang et al., 2016); the blocks
    before it skip proportionally less.
    """
    stem, *stages = (max(8, round(channels * width / 8) * 8) for channels in _CHANNELS)
    pixels = Input((48, 48, 1), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = layers.ReLU()(_normalised(x, stem, 3))
    blocks = [(channels, first) for channels in stages for first in (True, False)]
    for number, (channels, first) in enumerate(blocks, start=1):
        x = _block(x, channels, shrink=first, drop_path=drop_path * number / len(blocks))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="fer_resnet")


def _block(x: KerasTensor, channels: int, *, shrink: bool, drop_path: float) -> KerasTensor:
    y = layers.ReLU()(_normalised(x, channels, 3, strides=2 if shrink else 1))
    y = _excited(_normalised(y, channels, 3), channels)
    y = layers.Dropout(drop_path, noise_shape=(None, 1, 1, 1))(y)  # at 0, too: Keras orders weights by depth
    if shrink:
        x = _normalised(layers.AveragePooling2D(2)(x), channels, 1)
    return layers.ReLU()(layers.Add()([x, y]))


def _normalised(x: KerasTensor, channels: int, size: int, *, strides: int = 1) -> KerasTensor:
    x = layers.Conv2D(channels, size, strides=strides, padding="same", use_bias=False, kernel_initializer=_begin())(x)
    return layers.BatchNormalization(momentum=0.97, epsilon=1e-5)(x)


def _begin() -> initializers.Initializer:
    """As PyTorch begins: six times less variance than He's. Normalisation undoes the scale, so that it only makes the
    first steps longer, by which they learn at once what He's take epochs for.
    """
    return initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform")


def _excited(x: KerasTensor, channels: int) -> KerasTensor:
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(max(8, channels // _SQUEEZE), activation="relu")(weights)
    weights = layers.Dense(channels, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])
