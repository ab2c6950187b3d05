"""x."""
def add_parser(s): return s.add_parser("export")
def run(a): return 0
