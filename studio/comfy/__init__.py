"""Nodes for ComfyUI: another front end, which takes tensors and hands them to the services.

Nothing here needs ComfyUI to be imported but :mod:`studio.comfy.version_3`. The folder ``comfy/reswd-studio`` of the repository is
what ComfyUI loads.
"""
