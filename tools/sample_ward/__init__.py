"""Generator of the sample ward: synthetic, seeded, deterministic. Not imported by the product.

Numbers come from ``data/``; what is invented follows from ``SEED``. ``tools/generate_sample.py`` is the program.
"""
