"""Odd files, made by script, and what must come out of each: one line a file. ``test_corpus.py`` reads them all.

A new odd file is one line in the module of its family. Fuzzing (``tests/fuzz``) starts from these files.
"""
