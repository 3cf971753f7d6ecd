"""A mail server that greets and takes nothing: mail_server.py PORT."""

import signal
import socketserver
import sys


class Greeting(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            self.wfile.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 here\r\n")
            if line.upper().startswith(b"QUIT"):
                return


signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell starts it deaf to this
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Greeting).serve_forever()
