"""The front end for programs that call tools by the Model Context Protocol (MCP): over stdio, or in the browser app.

``import mcp`` in here is the SDK, which is installed with the extra ``mcp``; everything else asks :mod:`studio.service`.
"""
