"""Content Credentials (C2PA): signs ads, reads signatures, keeps those of photos."""
