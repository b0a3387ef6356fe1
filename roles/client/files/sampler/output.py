"""Lines of JSON on standard output, whole and at once."""

import json
import os


class Output:
    """Written unbuffered: what was measured must not wait for what comes next."""

    def write(self, value):
        line = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        while line:
            line = line[os.write(1, line) :]
