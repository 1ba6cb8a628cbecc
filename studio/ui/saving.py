"""How a file that was made for a person reaches their disk."""

from __future__ import annotations

SAVE_JS = """(file) => {
  if (!file) return;
  const link = document.createElement('a');
  link.href = file.url; link.download = file.orig_name;
  document.body.appendChild(link); link.click(); link.remove();
}"""
"""Lets the browser save the file that was put into a gr.File, as that component's value."""
