"""Ears: where speech begins and ends in what a microphone brings, and what becomes of it."""
