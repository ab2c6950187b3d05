"""Who a face is: embeddings, how sure a match is, how good a look was, age and gender, and what enrolling takes."""
