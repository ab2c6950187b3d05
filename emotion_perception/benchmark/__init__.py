"""Measures this machine: what perception costs, stage by stage, against its budgets and against a peer library.

Each measurement runs in a process of its own, started by `children.ask`; `plan` says which, `report` what came of them.
"""
