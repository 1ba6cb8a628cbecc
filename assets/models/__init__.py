"""The models that ship with ReSWD Studio, as the package reswd-models: folders as diffusers reads them, with one text encoder."""
