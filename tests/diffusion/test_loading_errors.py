"""What callers get to read where a library fails while a model is loaded."""

import errno

import pytest
from structlog.testing import capture_logs

from services.diffusion.in_process.loading_errors import explain_loading_error

MEMORY, GPU, DISK, OTHER = (
    "model tiny needs more memory than is free; choose a smaller model, or free memory",
    "model tiny cannot be loaded, because PyTorch does not fit the GPU or its driver; run "
    "`cyclorama doctor`",
    "the files of model tiny cannot be read (Input/output error); check the disk and their "
    "permissions",
    "model tiny cannot be loaded; the service's log says why",
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MemoryError(), MEMORY),
        (RuntimeError("std::bad_alloc"), MEMORY),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED at `cublasCreate`"),
            MEMORY,
        ),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), MEMORY),
        (RuntimeError("CUDA error: no kernel image is available for execution"), GPU),
        (RuntimeError("CUDA driver version is insufficient for CUDA runtime version"), GPU),
        (RuntimeError("Found no NVIDIA driver on your system"), GPU),
        (AssertionError("Torch not compiled with CUDA enabled"), GPU),
        (OSError(errno.EIO, "Input/output error", "/srv/models/tiny"), DISK),
        (OSError("Error no file named config.json found in /srv/models/tiny"), OTHER),
        (ValueError("size mismatch for conv_in.weight in /srv/models/cuda"), OTHER),
    ],
)
def test_an_error_of_a_library_names_its_cause_and_goes_to_the_log(error, text):
    with capture_logs() as logs:
        assert str(explain_loading_error(error, "model tiny")) == text
    assert [(line["event"], line["error"]) for line in logs] == [("cannot load", repr(error))]


def test_a_package_that_is_missing_is_named():
    error = ModuleNotFoundError("No module named 'torch'", name="torch")
    with capture_logs():
        assert str(explain_loading_error(error, "model tiny")).startswith("torch is not installed;")
