# higgs in a container: `docker build --target cpu -t higgs .` or `--target cuda`.
#
# Books, voices and audio are mounted (compose.yaml); downloaded models lie in /models. For a CPU alone
# PIP_EXTRA_INDEX_URL may name an index with torch's smaller CPU builds.

FROM python:3.12-slim-bookworm AS wheel
WORKDIR /source
COPY . .
# hadolint ignore=DL3013
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /wheels

FROM python:3.12-slim-bookworm AS cpu
ARG PIP_EXTRA_INDEX_URL=""
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 higgs \
    && install -d -o higgs -g higgs /models /audio
COPY --from=wheel /wheels /wheels
COPY constraints.txt /wheels/
RUN python -m venv /opt/higgs \
    && /opt/higgs/bin/pip install --no-cache-dir -c /wheels/constraints.txt "$(echo /wheels/*.whl)[books,text,server]"
ENV PATH=/opt/higgs/bin:$PATH HF_HOME=/models XDG_CACHE_HOME=/models/cache XDG_DATA_HOME=/models/data PYTHONUNBUFFERED=1
USER 1000:1000
WORKDIR /audio
VOLUME ["/models", "/audio"]
HEALTHCHECK --interval=10m --timeout=2m --start-period=1m CMD ["higgs", "doctor", "--quiet"]
ENTRYPOINT ["higgs"]
CMD ["--help"]

FROM nvidia/cuda:12.8.1-base-ubuntu24.04 AS cuda
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg gcc libc6-dev python3-dev python3-venv tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && userdel --remove ubuntu \
    && useradd --create-home --uid 1000 higgs \
    && install -d -o higgs -g higgs /models /audio
COPY --from=wheel /wheels /wheels
COPY constraints.txt /wheels/
RUN python3 -m venv /opt/higgs \
    && /opt/higgs/bin/pip install --no-cache-dir -c /wheels/constraints.txt \
        "$(echo /wheels/*.whl)[books,text,server,kernels]"
ENV PATH=/opt/higgs/bin:$PATH HF_HOME=/models XDG_CACHE_HOME=/models/cache XDG_DATA_HOME=/models/data PYTHONUNBUFFERED=1
USER 1000:1000
WORKDIR /audio
VOLUME ["/models", "/audio"]
HEALTHCHECK --interval=10m --timeout=2m --start-period=1m CMD ["higgs", "doctor", "--quiet"]
ENTRYPOINT ["higgs"]
CMD ["--help"]
