"""Which release of Fairlead this is."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unknown"
