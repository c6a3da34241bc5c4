"""What the interop tests stand on: processes, registries, certificates, images, trust, and the two tools."""
