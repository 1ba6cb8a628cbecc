"""What the catalogue's large models take, counted from their true shapes without any weights, and the estimate beside it.

    python -m benchmarks.large [--model ID] [--json FILE]

Every component is built on PyTorch's device ``meta`` (published.py says where its shape comes from), where a tensor has a shape
and no memory. So on any machine the following is exact, and nothing is downloaded:

- weights: parameters and buffers of each component, in the model's number format and in each quantization;
- working memory: the most bytes of tensors that are alive at the same time (live.py), while the denoiser takes a step, while the
  last latents are decoded (a plain picture), and in guidance's last step, which decodes, moves colours and encodes both pictures.

What it cannot see: workspaces inside an operator (convolutions of cuDNN), what the allocator holds back, and what CUDA itself
takes (about half a GiB). :func:`guidance.memory.memory_estimate`, which is printed beside it, adds a share for these. That the
counting is right is measured where models can be run: on the embedded model and on the small ones of the tests, against every
allocation that PyTorch's profiler sees on the CPU (tests/benchmarks/test_large.py).
"""
