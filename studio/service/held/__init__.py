"""Batches of pictures that are held in memory as tensors: matched, graded, and freed of a drift, without a file."""
