"""The registry of tools: each is one file here, with what it is asked, what it answers, and the function between the two."""

from __future__ import annotations

from studio.mcp.tool import Tool
from studio.mcp.tools.apply import APPLY_GRADE
from studio.mcp.tools.describe import DESCRIBE_GRADE
from studio.mcp.tools.folder import MATCH_FOLDER
from studio.mcp.tools.guide import GUIDE_GENERATION
from studio.mcp.tools.match import MATCH_COLOURS

TOOLS: tuple[Tool, ...] = (MATCH_COLOURS, APPLY_GRADE, MATCH_FOLDER, GUIDE_GENERATION, DESCRIBE_GRADE)
"""Every tool, in the order in which they are listed."""
