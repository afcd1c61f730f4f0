"""The API that the proxies guard: it checks nothing, and tells what arrived."""

import json

from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.proxies.recorder import Conversation, Hit


def answer(hit: Hit, conversation: Conversation) -> bool:
    if hit.value("upgrade").lower() == "websocket":
        return _converse(hit, conversation)
    number = len(conversation.server.hits)
    body = json.dumps({"number": number, "method": hit.method, "target": hit.target, "bytes": len(hit.body)}).encode()
    cache = "max-age=60" if hit.target.startswith("/v1/notes/cacheable") else "no-store"
    headers = {"Content_Type": "application/json", "Cache_Control": cache}
    if hit.value("origin"):
        headers["Access_Control_Allow_Origin"] = "*"
    conversation.reply("200 OK", b"" if hit.method == "HEAD" else body, **headers)
    return hit.value("connection").lower() != "close"


def _converse(hit: Hit, conversation: Conversation) -> bool:
    """A WebSocket that answers each binary message with its length, until the client closes it."""
    protocol = ServerProtocol()
    protocol.receive_data(hit.raw_head)
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    protocol.send_response(protocol.accept(request))
    while True:
        for data in protocol.data_to_send():
            conversation.wfile.write(data)
        received = b"" if protocol.close_expected() else conversation.request.recv(65536)
        if not received:
            return False
        protocol.receive_data(received)
        for frame in protocol.events_received():
            if frame.opcode is Opcode.BINARY:
                protocol.send_text(json.dumps({"bytes": len(frame.data)}).encode())
