"""How long anyhub takes, beside what a user would pick instead, on the same work in one run.

Every figure is the median of several turns, each in a fresh process, the candidates taking turns so that a slow moment
of the machine meets all of them. The spread is the range of the turns.
"""
