# One image for every role: the packages of requirements.lock, the language model among them, and the command.
FROM python:3.11-slim AS build
RUN python -m venv /opt/recognition
COPY requirements.lock /src/
RUN /opt/recognition/bin/pip install --no-cache-dir --require-hashes --requirement /src/requirements.lock
COPY pyproject.toml README.md LICENSE /src/
COPY pipeline /src/pipeline
RUN /opt/recognition/bin/pip install --no-cache-dir --no-deps /src

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home recognition \
    && install --directory --owner=recognition /var/lib/recognition
COPY --from=build /opt/recognition /opt/recognition
ENV PATH=/opt/recognition/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RECOGNITION_DATA_DIR=/var/lib/recognition \
    RECOGNITION_API_HOST=0.0.0.0
USER recognition
VOLUME /var/lib/recognition
EXPOSE 8640
ENTRYPOINT ["recognition"]
CMD ["--help"]
