"""Voices: what turns a text into sound, on this machine or elsewhere."""
