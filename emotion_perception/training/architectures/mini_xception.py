"""mini_XCEPTION at 64x64, the network behind the `fer` package."""

from __future__ import annotations

from keras import Input, KerasTensor, Model, layers, regularizers


def build(classes: int) -> Model:
    """Build it: 58,423 parameters with 7 classes.

    Arriaga, Valdenegro-Toro and Plöger, "Real-time Convolutional Neural Networks for Emotion and Gender Classification"
    (2017): two 3x3 convolutions of 8, four residual modules of two separable convolutions, a convolution to the classes
    and global average pooling; L2 0.01 on the kernels.
    """
    pixels = Input((64, 64, 1), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False, kernel_regularizer=regularizers.L2(0.01))(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    for filters in (16, 32, 64, 128):
        x = _module(x, filters)
    x = layers.Conv2D(classes, 3, padding="same")(x)
    return Model(pixels, layers.GlobalAveragePooling2D(name="logits")(x), name="mini_xception")


def _module(x: KerasTensor, filters: int) -> KerasTensor:
    shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = _separable(x, filters)
    x = layers.ReLU()(x)
    x = _separable(x, filters)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, shortcut])


def _separable(x: KerasTensor, filters: int) -> KerasTensor:
    l2 = regularizers.L2(0.01)
    x = layers.SeparableConv2D(
        filters, 3, padding="same", use_bias=False, depthwise_regularizer=l2, pointwise_regularizer=l2
    )(x)
    return layers.BatchNormalization()(x)
