"""Runs scripts that need PyTorch, each in a process of its own that has imported it already.

Each line of standard input is {"script": PATH, "args": [...]}; each is answered with one line
{"status": N, "stdout": TEXT, "stderr": TEXT}.
"""
import json
import os
import runpy
import sys
import tempfile
import traceback

import numpy  # noqa: F401
import torch  # noqa: F401


def run(script, args):
    """In the forked process: as `python script args` would."""
    status = 1
    try:
        sys.argv = [script, *args]
        sys.path.insert(0, os.path.dirname(script))
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


for line in sys.stdin:
    request = json.loads(line)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            run(request["script"], request["args"])
        _, ended = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    print(json.dumps({"status": os.waitstatus_to_exitcode(ended), "stdout": texts[0], "stderr": texts[1]}), flush=True)
