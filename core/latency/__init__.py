"""Latency that can be trusted: fresh pinned processes, interleaved blocks, intervals, conditions.

Import from the modules: `measurement.measure`, `export.export`, `export.prepare`, `runtimes.available`. This
file stays empty so that a measuring child starts in a fraction of a second.
"""
