"""Stands in for the web server: answers every page, and like the real one needs its port to be free."""

import argparse
import http.server


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"ok": true}')


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options, _ = parser.parse_known_args()
    http.server.ThreadingHTTPServer((options.host, options.port), Site).serve_forever()
