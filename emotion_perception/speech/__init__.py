"""Mouth and ears: audio devices, voices that speak, recognisers that listen. Knows nothing of ROS."""
