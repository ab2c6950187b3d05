"""What a run leaves behind: a table of expressions, a video with the overlay, a timeline picture."""
