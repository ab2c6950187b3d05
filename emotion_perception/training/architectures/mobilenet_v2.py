"""Transfer learning from MobileNetV2 at 224x224."""

from __future__ import annotations

from pathlib import Path

from keras import Input, Model, applications, layers

from emotion_perception.core.errors import TrainingError


def build(classes: int, *, weights: str = "imagenet", freeze: bool = False) -> Model:
    """Build it: 2,430,663 parameters with 7 classes.

    MobileNetV2 (Sandler et al., 2018) as Keras has it, averaged over the picture, then dense layers of 128 and 64.

    weights: of MobileNetV2: "imagenet" (Keras downloads them once), "none", or the path of a weights file without the
        top layers. freeze: train only what comes after it. TrainingError if the weights cannot be had.
    """
    pixels = Input((224, 224, 3), name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    base = _base(weights)
    base.trainable = not freeze
    x = layers.GlobalAveragePooling2D()(base(x))
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dense(64, activation="relu")(x)
    return Model(pixels, layers.Dense(classes, name="logits")(x), name="mobilenet_v2")


def _base(weights: str) -> Model:
    if weights not in ("imagenet", "none") and not Path(weights).is_file():
        raise TrainingError(f"weights {weights} are no file: give imagenet, none or the path of a weights file.")
    try:
        return applications.MobileNetV2(
            input_shape=(224, 224, 3), include_top=False, weights=None if weights == "none" else weights
        )
    except Exception as error:  # Keras raises a bare Exception if a download fails, and several kinds for a bad file
        if weights == "imagenet":
            raise TrainingError(
                "ImageNet's weights cannot be downloaded: go online once, copy them from another computer's"
                " ~/.keras/models and give their path (--weights PATH), or start without (--weights none)."
            ) from error
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise TrainingError(
            f"weights {weights} do not fit MobileNetV2 without its top layers ({reason}): give others."
        ) from error
