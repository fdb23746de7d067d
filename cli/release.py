"""Which release of Fairlead this is."""


def release() -> str:
    # Takes longer to import than most commands take to run.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("fairlead")
    except PackageNotFoundError:
        return "unknown"
