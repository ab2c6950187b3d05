"""The server of the live page: the page's files, and a WebSocket that brings it pictures and messages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

import emotion_perception
from emotion_perception.cli.view.access import HEADERS, Access, Address, outward_address, same_origin
from emotion_perception.cli.view.audience import Audience, Viewer
from emotion_perception.core.errors import PerceptionError
from emotion_perception.core.palette import COLOURS, NO_EXPRESSION

_PAGE = Path(__file__).parent / "page"
#: Path -> (file, type; not what the system's table says, which a browser told not to guess would take for granted).
_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/timeline.js": ("timeline.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}
_HEARTBEAT = 10.0  # seconds; a viewer that answers none is gone
_GOODBYE = 0.5  # seconds that a viewer, who may be out of reach, can hold up the end
_COOKIE = "emotion_perception_token"
_NO_TOKEN = (
    "This page needs the address that was printed when it was started, with its token; a new start makes a new one.\n"
)
_WRONG_HOST = "This server does not go by the name that you asked for: use its address or its own name.\n"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """Serves the page in a thread of its own while it is open. Use it as a context.

    Opening it raises PerceptionError when the address cannot be had.
    """

    def __init__(self, address: Address, audience: Audience) -> None:
        self._address = address
        self._audience = audience
        self._access = Access.to(address)
        self._sockets: set[web.WebSocketResponse] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="live page", daemon=True)
        self._runner: web.AppRunner | None = None
        self.port = address.port

    @property
    def url(self) -> str:
        """What to open in a browser, token included."""
        host = self._address.host
        if host in ("0.0.0.0", "::"):
            host = outward_address()
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/" + (f"?token={self._access.token}" if self._access.token else "")

    def __enter__(self) -> PageServer:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        except OSError as error:
            self._end_thread()
            raise PerceptionError(
                f"the live page cannot be served at {self._address.host} port {self.port} ({error.strerror or error}): "
                "choose another port, or an address of this computer"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end_thread()

    async def _open(self) -> None:
        application = web.Application(middlewares=[self._guard])
        application.on_response_prepare.append(_add_headers)
        for path in _FILES:
            application.router.add_get(path, self._file)
        application.router.add_get("/live", self._live)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address.host, self._address.port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        self._audience.loop = self._loop

    async def _close(self) -> None:
        goodbyes = [asyncio.create_task(ws.close(code=WSCloseCode.GOING_AWAY)) for ws in self._sockets]
        if goodbyes:
            await asyncio.wait(goodbyes, timeout=_GOODBYE)
        if self._runner:
            await self._runner.cleanup()

    def _end_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Every request passes here first

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not self._access.knows_host(request.host):
            return web.Response(status=421, text=_WRONG_HOST)
        if self._access.token:
            given = request.query.get("token", "")
            if given and request.path == "/" and self._access.admits(given):
                # The token moves from the address, which gets copied and shown, to a cookie; a strict one would not
                # be sent after a link in another site's page, a mail for example, was followed.
                answer = web.Response(status=303, headers={"Location": "/"})
                answer.set_cookie(_COOKIE, given, httponly=True, samesite="Lax", path="/")
                return answer
            if not self._access.admits(request.cookies.get(_COOKIE, "")):
                return web.Response(status=401, text=_NO_TOKEN)
        return await handler(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name, kind = _FILES[request.path]
        return web.Response(body=(_PAGE / name).read_bytes(), content_type=kind, charset="utf-8")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if not same_origin(request.headers.get("Origin"), request.host):
            return web.Response(status=403, text="Only the page of this server may ask for that.\n")
        ws = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=64, compress=False)
        await ws.prepare(request)
        viewer = self._audience.join()
        viewer.offer("hello", _hello(), every=False)
        self._sockets.add(ws)
        sender = asyncio.create_task(_send(ws, viewer))
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    self._heed(viewer, message.data)
        finally:
            sender.cancel()
            self._sockets.discard(ws)
            self._audience.leave(viewer)
        return ws

    def _heed(self, viewer: Viewer, word: str) -> None:
        """Do what the page says: "look" when it can be seen, else "away"; "shown" after a picture, "read" a text."""
        if word in ("shown", "read"):
            viewer.answered(bytes if word == "shown" else str)
        elif word in ("look", "away"):
            self._audience.look(viewer, word == "look")


async def _send(ws: web.WebSocketResponse, viewer: Viewer) -> None:
    """Send a viewer what it is offered, as fast as it takes it."""
    while not ws.closed:
        await viewer.wake.wait()
        viewer.wake.clear()
        while (item := viewer.next()) is not None:
            try:
                await (ws.send_bytes(item) if isinstance(item, bytes) else ws.send_str(item))
            except ConnectionError:  # the reading end notices too, and ends this task
                return


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _hello() -> str:
    colours: dict[str, Any] = {**COLOURS, "": NO_EXPRESSION}
    return json.dumps({"kind": "hello", "version": emotion_perception.__version__, "colours": colours})
