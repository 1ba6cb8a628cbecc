"""Matches between colour spaces of OpenColorIO: fitted as a display shows both pictures, graded in a working space."""
