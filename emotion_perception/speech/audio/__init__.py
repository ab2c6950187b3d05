"""Sound in and out: loudspeakers, microphones, and WAV files that stand in for them."""
