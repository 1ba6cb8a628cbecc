"""Colour matches judged against truth: cases whose right answer is known to the pixel, and what a match must not do."""
