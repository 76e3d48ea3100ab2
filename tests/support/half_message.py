"""A call over gRPC whose message is begun and not ended, as no client of gRPC's library can send it: HTTP/2 by hand."""

import socket
import struct
import threading
from contextlib import suppress

__all__ = ["HalfMessage"]

_DATA, _HEADERS, _SETTINGS, _WINDOW_UPDATE = 0, 1, 4, 8
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FIELDS = {
    b":method": b"POST",
    b":scheme": b"http",
    b":path": b"/inference.GRPCInferenceService/ModelInfer",
    b":authority": b"x",
    b"content-type": b"application/grpc",
    b"te": b"trailers",
}


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


class HalfMessage(threading.Thread):
    """Announces a message of ``size`` bytes and sends 15/16 of it, as fast as the server's windows allow."""

    def __init__(self, port: int, size: int) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._rest = b"\0" + struct.pack(">I", size) + b"x" * (size * 15 // 16)
        self._windows = {0: 65535, 1: 65535}
        self._initial = 65535
        self.start()

    def run(self) -> None:
        with suppress(OSError):  # the server refuses it
            fields = b"".join(b"\0%c%b%c%b" % (len(name), name, len(text), text) for name, text in _FIELDS.items())
            self.connection.sendall(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, 4, 1, fields))
            while True:
                self._send()
                self._take(*self._frame())

    def _send(self) -> None:
        while size := max(0, min(*self._windows.values(), 16384, len(self._rest))):
            self.connection.sendall(_frame(_DATA, 0, 1, self._rest[:size]))
            self._rest = self._rest[size:]
            self._windows = {stream: window - size for stream, window in self._windows.items()}
            self.sent += size

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _WINDOW_UPDATE and stream in self._windows:
            self._windows[stream] += int.from_bytes(payload, "big")
        elif kind == _SETTINGS and not flags:
            for name, value in struct.iter_unpack(">HI", payload):
                if name == 4:
                    self._windows[1] += value - self._initial
                    self._initial = value
            self.connection.sendall(_frame(_SETTINGS, 1, 0, b""))

    def _frame(self) -> tuple[int, int, int, bytes]:
        head = self._read(9)
        payload = self._read(int.from_bytes(head[:3], "big"))
        return head[3], head[4], int.from_bytes(head[5:], "big"), payload

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            if not piece:
                raise ConnectionResetError
            data += piece
        return data
