"""What all nodes share: lifecycle, parameters, QoS, image and message conversion, workers, diagnostics."""
