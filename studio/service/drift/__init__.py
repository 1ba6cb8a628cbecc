"""Series that drift: a path of grades for a clip, numbered frames or a time-lapse."""
