"""The models that ship with ReSWD Studio, as the package reswd-models: the folder pocket-64, as diffusers reads it."""
