"""Puts this package in the place of the server that urllib3's tests talk to: `pytest -p served_by_us`.

The application stays theirs (dummyserver.app, written for Quart on trio under Hypercorn); it runs on
http_responder.asgi and asyncio.
"""

import asyncio
import contextlib
import sys
import threading
import types

import quart

from http_responder.asgi import serve_asgi


def instead_of(name: str, **members) -> None:
    """A module of these members alone, in place of the one of this name."""
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


@contextlib.contextmanager
def in_thread(host: str, certs: dict | None, app):
    """The port on which `app` answers, its loop in a thread of its own."""
    address = "127.0.0.1" if host == "localhost" else host
    options = {"address": address, "port": 0}
    if certs:
        options |= {"tls_port": 0, "certificates": certs["certfile"]}
    if certs and "ca_certs" in certs:
        options |= {"client_ca": certs["ca_certs"], "client_certificate_required": False}
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def on_loop(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    try:
        server = serve_asgi(app, **options)
        on_loop(server.__aenter__())
        try:
            yield int(server.addresses[-1].rpartition(":")[2])
        finally:
            on_loop(server.aclose())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


instead_of("trio", sleep=asyncio.sleep)
instead_of("quart_trio", QuartTrio=quart.Quart)
instead_of("dummyserver.hypercornserver", run_hypercorn_in_thread=in_thread)


def pytest_collection_modifyitems(config, items) -> None:
    """Only what asks the application: other tests bring sockets of their own, which say what they like."""
    from dummyserver.testcase import HypercornDummyServerTestCase as Served

    def is_served(item) -> bool:
        return (item.cls and issubclass(item.cls, Served)) or any("san_server" in name for name in item.fixturenames)

    others = [item for item in items if not is_served(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if is_served(item)]
