"""Recognizes errors that mean that memory is exhausted, of main memory or of the GPU."""

# What the texts of errors contain that stand for exhausted memory but have no class of their own:
# of PyTorch's allocators, C++, cuBLAS, cuDNN and oneDNN, in lower case.
OUT_OF_MEMORY_TEXTS = (
    *("can't allocate memory", "not enough memory", "cannot allocate memory", "out of memory"),
    *("bad_alloc", "alloc_failed", "could not create a memory", "could not create a primitive"),
)


def is_memory_exhausted(error: BaseException) -> bool:
    """Whether an error of Python, numpy or PyTorch means that memory is exhausted."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    # PyTorch's own class for GPUs is a RuntimeError too.
    return isinstance(error, RuntimeError | OSError) and any(
        each in text for each in OUT_OF_MEMORY_TEXTS
    )
