"""Why a request was not served, in few words that can be counted."""

import errno
import ssl

import aiohttp


class Problem(Exception):
    """An answer that is none."""


WORDS = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "no connection",
}


def cause_of(error):
    """The word for an exception."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return "tls"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "closed"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "answer broke off"
    if isinstance(error, OSError) and error.errno in WORDS:
        return WORDS[error.errno]
    return type(error).__name__
