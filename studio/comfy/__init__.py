"""Nodes for ComfyUI: another front end, which takes tensors and hands them to the services.

Nothing here needs ComfyUI to be imported but :mod:`studio.comfy.version_3`. ComfyUI loads the folder ``comfy/reswd-studio``
of the repository, which finds these.
"""
