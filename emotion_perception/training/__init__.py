"""The bench: datasets, architectures, training, evaluation and export. Nodes and the robot's core never import it."""
