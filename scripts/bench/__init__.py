"""The bench: pigalloc beside its peers on stress programs and real programs, in interleaved rounds."""
