"""Serve the model: measurements in, probabilities out.

    POST /predict  {"rows": [{"mean_radius": 20.57, ...}, ...]}
               ->  {"malignant": [true, ...], "probability": [0.97, ...]}
    GET  /healthz  200 when the model is loaded
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import joblib
import pandas as pd

PORT = 8080
LARGEST = 1 << 20

MODEL = joblib.load("model.joblib")


def predict(rows: list[dict]) -> dict:
    """The answer for some rows; KeyError where a measurement is missing."""
    table = pd.DataFrame(rows)[list(MODEL.feature_names_in_)]
    probability = MODEL.predict_proba(table)[:, 1]
    return {
        "malignant": (probability >= 0.5).tolist(),
        "probability": probability.round(6).tolist(),
    }


class Handler(BaseHTTPRequestHandler):
    # Keeps the connection for the next request.
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.answer(200, {"status": "ok"})
        else:
            self.answer(404, {"error": "GET /healthz or POST /predict"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if self.path != "/predict" or length > LARGEST:
            self.close_connection = True
            self.answer(404 if length <= LARGEST else 413, {"error": "POST /predict"})
            return
        try:
            self.answer(200, predict(json.loads(self.rfile.read(length))["rows"]))
        except (ValueError, KeyError, TypeError) as error:
            self.answer(400, {"error": f"{type(error).__name__}: {error}"})

    def answer(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """One line a request is too much for a server that is asked a lot."""


if __name__ == "__main__":
    print(f"listening on port {PORT}", flush=True)
    ThreadingHTTPServer(("", PORT), Handler).serve_forever()
