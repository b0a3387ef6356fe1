"""The checks of equal.json the way pytest-testinfra does them: pytest --hosts=… --ssh-config=… test_equal.py"""

import json
import os
import pathlib

import pytest
import testinfra

CHECKS = json.loads(pathlib.Path(__file__).with_name("equal.json").read_text())
CONFIG = os.environ["LAB_SSH_CONFIG"]
HOSTS = {}


def host_of(machine):
    if machine not in HOSTS:
        HOSTS[machine] = testinfra.get_host(f"ssh://{machine}", ssh_config=CONFIG)
    return HOSTS[machine]


@pytest.mark.parametrize("check", CHECKS, ids=lambda one: " ".join(str(value) for value in one.values()))
def test_equal(check):
    host = host_of(check["machine"])
    kind = check["kind"]
    if kind == "running":
        assert host.service(check["name"]).is_running
    elif kind == "enabled":
        assert host.service(check["name"]).is_enabled
    elif kind == "listens":
        # On whatever address: socket("tcp://PORT") asks for all of them.
        sockets = host.socket.get_listening_sockets()
        assert any(socket.startswith("tcp") and socket.endswith(f"{end}{check['port']}") for socket in sockets for end in ":/")
    elif kind == "contains":
        assert host.file(check["path"]).contains(check["text"])
    elif kind == "package":
        assert host.package(check["name"]).is_installed
    else:
        assert check["text"] in host.run(check["command"]).stdout
