"""The model that is trained in place of the plain one: the same weights in the same order, but faster layers."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


class FusedBatchNormalization(layers.BatchNormalization):
    """Batch normalisation by the backend's own kernel, where Keras takes several passes over the memory.

    On two cores that takes a sixth off a step in float32, and a third in bfloat16. JAX fuses Keras' version by itself.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (N, H, W, C), or leave it to Keras: in inference, for other axes, with a mask, on JAX."""
        if not (training and self.trainable) or mask is not None or len(inputs.shape) != 4 or not self._is_plain():
            return super().call(inputs, training=training, mask=mask)
        if keras.backend.backend() == "tensorflow":
            return self._on_tensorflow(inputs)
        return self._on_torch(inputs)

    def _is_plain(self) -> bool:
        last = self.axis in (-1, 3)
        return last and self.scale and self.center and keras.backend.backend() in ("tensorflow", "torch")

    def _on_tensorflow(self, inputs: Any) -> Any:
        import tensorflow as tf

        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=tf.cast(inputs, self.compute_dtype),
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # Its variance is that of a sample, as PyTorch's; Keras' own is that of the population, 1/n lower.
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1 - self.momentum))
        return outputs

    def _on_torch(self, inputs: Any) -> Any:
        import torch

        outputs = torch.nn.functional.batch_norm(
            inputs.permute(0, 3, 1, 2),
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=True,
            momentum=1 - self.momentum,
            eps=self.epsilon,
        )
        return outputs.permute(0, 2, 3, 1)


class SlicedConvolution(layers.Conv2D):
    """A 1x1 convolution with strides, as one without them of every so manieth pixel: the same numbers.

    TensorFlow's oneDNN ends the process with a segmentation fault in the float32 gradient of the former.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Convolve (N, H, W, C)."""
        rows, columns = self.strides
        return ops.conv(inputs[:, ::rows, ::columns], kernel, strides=1, padding="valid", data_format="channels_last")


def accelerated(model: keras.Model, *, precision: str) -> keras.Model:
    """Copy a model for training, weights included: fused normalisation, and ``precision`` inside.

    precision: "float32", or "bfloat16" for products in bfloat16 with weights, scaling of pixels and logits in float32.
    """
    policy = "float32" if precision == "float32" else f"mixed_{precision}"

    def copy(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if not isinstance(layer, layers.InputLayer | layers.Rescaling) and layer.name != "logits":
            config["dtype"] = policy
        kind = type(layer)
        if kind is layers.BatchNormalization:
            kind = FusedBatchNormalization
        elif kind is layers.Conv2D and layer.kernel_size == (1, 1) and layer.strides != (1, 1):
            kind = SlicedConvolution
        return kind.from_config(config)

    twin = keras.models.clone_model(model, clone_function=copy, recursive=True)
    twin.set_weights(model.get_weights())
    return twin
