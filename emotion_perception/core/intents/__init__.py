"""What somebody means: yes, no, commands, questions, names and languages, by the phrases of their language."""
