"""Video clips through PyAV: one grade on every frame, everything else kept."""
