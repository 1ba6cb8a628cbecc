"""Video clips, read and written through PyAV: the picture is graded, and everything else in the file is kept."""
