"""The dashboard: plain files of the package, checked again by their tag whenever they are used."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(str(files("pipeline.serving"))) / "static"
_CHECK = {"Cache-Control": "no-cache"}


class _Checked(StaticFiles):
    """Static files that a browser keeps, and asks for again with their tag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_CHECK)
        return response


def mount(app: FastAPI) -> None:
    """Put the dashboard at ``/``, its parts below ``/static``."""
    files_of_dashboard = _Checked(directory=FOLDER)
    app.mount("/static", files_of_dashboard)

    @app.get("/", include_in_schema=False)
    async def index(request: Request) -> Response:
        return await files_of_dashboard.get_response("index.html", request.scope)
