"""Conversations written as YAML files: loaded and checked, steered by events and time, drawn, tried by text."""
