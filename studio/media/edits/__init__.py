"""Lists of edits: CMX 3600 EDLs in and out, and where their shots are.

Reading goes through pycmx, of the extra ``edit``. A written EDL is the text that was read, with a shot's ten numbers below each
of its events (ASC CDL v1.2, section 6: ``*ASC_SOP`` and ``*ASC_SAT``), so that everything else in it stays as it is.
"""
