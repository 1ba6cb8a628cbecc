# The app in a container, for people on a network. Computed on the CPU:
#     docker build --tag reswd-studio .
#     docker run --rm --publish 7860:7860 --env RESWD_AUTH=user:password --volume reswd-models:/models reswd-studio
# On an NVIDIA card, whose libraries PyTorch's wheels on PyPI bring (the host needs the driver and NVIDIA's container toolkit):
#     docker build --tag reswd-studio:cuda --build-arg TORCH_INDEX=https://pypi.org/simple .
#     docker run --rm --gpus all --publish 7860:7860 --env RESWD_AUTH=user:password --volume reswd-models:/models reswd-studio:cuda
FROM python:3.12-slim-bookworm

# Where PyTorch comes from: of these wheels, that compute on the CPU alone, the image is 5 GB smaller.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
# Extras beside the app, such as video,heic,raw: pyproject.toml lists them, docs/licences.md the terms of their encoders.
ARG EXTRAS=""

ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1 \
    HF_HOME=/models

WORKDIR /app
RUN useradd --uid 1000 --create-home reswd && install --directory --owner reswd /models /pictures

# What changes seldom comes first, so that it is built once.
COPY requirements.lock ./
RUN pip install --index-url "${TORCH_INDEX}" "torch==2.13.*" \
    && pip install --no-deps --require-hashes --requirement requirements.lock

COPY pyproject.toml setup.py README.md LICENSE ./
COPY tools/backend tools/backend
COPY reswd_torch reswd_torch
COPY guidance guidance
COPY studio studio
COPY assets assets
RUN pip install --no-deps --editable . \
    && if [ -n "${EXTRAS}" ]; then pip install --editable ".[${EXTRAS}]"; fi \
    && pip check

USER 1000
WORKDIR /pictures
# Models of the hub, which are downloaded when they are first asked for; the embedded one needs none of it.
VOLUME /models
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import http.client as http; c = http.HTTPConnection('127.0.0.1', 7860, timeout=4); c.request('GET', '/'); raise SystemExit(c.getresponse().status >= 500)"]
# Without RESWD_AUTH it says so in one line and ends: whoever reaches the address could use it.
CMD ["reswd", "serve", "--host", "0.0.0.0", "--port", "7860"]
