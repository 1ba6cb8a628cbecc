"""Files that people give and get: pictures, clips, ZIP archives, and the places where files are written."""
