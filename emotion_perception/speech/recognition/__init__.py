"""Recognisers: sound of one utterance -> what was said."""
