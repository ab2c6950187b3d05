"""The command line: `emotion-perception <command>`."""
