"""Nextcloud: WebDAV for files, system tags as rows of the database (no file is touched), OCS for the login."""

import json
import re
import xml.etree.ElementTree as ElementTree

import aiohttp

from base import Application
from problem import Problem
from visitor import ask

TAGS = "/remote.php/dav/systemtags/"
ASK_NAMES = """<?xml version="1.0"?>
<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:prop><oc:display-name/></d:prop></d:propfind>"""
OCS = {"OCS-APIRequest": "true", "Accept": "application/json"}


class Nextcloud(Application):
    async def log_in(self):
        for visitor in self.visitors:
            _, _, page = await ask(visitor, None, "GET", "/index.php/login", (200,))
            token = re.search(rb'data-requesttoken="([^"]+)"', page)
            if not token:
                raise Problem("the login page has no token")
            form = {"user": self.user, "password": self.password, "requesttoken": token[1].decode()}
            # The form is only taken from the site's own pages.
            await ask(visitor, None, "POST", "/index.php/login", (303,), data=form, headers={"Origin": self.base})
        # A password of its own for programs: the visitor's is hashed slowly, with each request.
        _, body = await self.insist("GET", "/ocs/v2.php/core/getapppassword", headers_too=OCS)
        self.auth = {"Authorization": aiohttp.BasicAuth(self.user, json.loads(body)["ocs"]["data"]["apppassword"]).encode()}

    async def clean(self):
        folder = self.path_of("")
        _, body = await self.insist("PROPFIND", folder, (207,), headers_too={"Depth": "1"})
        paths = [one.text for one in ElementTree.fromstring(body).iter("{DAV:}href")]
        files = [path for path in paths if path.rsplit("/", 1)[-1].startswith("drill-")]
        tags = [path for path, name in await self.tags() if " row " in name]
        await self.remove(files + tags)

    async def begin_rows(self):
        return

    def path_of(self, name):
        return f"/remote.php/dav/files/{self.user}/{name}"

    def headers_for(self, content):
        return self.auth

    async def page(self, session, trace):
        await ask(session, trace, "GET", "/status.php", (200,))

    async def read_session(self, visitor, trace):
        _, _, body = await ask(visitor, trace, "GET", "/ocs/v2.php/cloud/user", (200, 401), headers=OCS)
        if json.loads(body)["ocs"]["data"].get("id") != self.user:
            raise Problem("session lost")

    async def add_row(self, text, trace):
        tag = {"name": text, "userVisible": True, "userAssignable": True}
        await ask(self.connections.new, trace, "POST", TAGS, (201,), json=tag, headers=self.auth)

    async def tags(self):
        """Path and name of each."""
        _, body = await self.insist("PROPFIND", TAGS, (207,), headers_too={"Depth": "1"}, data=ASK_NAMES)
        answers = ElementTree.fromstring(body).iter("{DAV:}response")
        pairs = [(one.findtext("{DAV:}href"), one.findtext(".//{http://owncloud.org/ns}display-name")) for one in answers]
        return [(path, name) for path, name in pairs if name]

    async def find_rows(self, _numbers):
        start = self.row_text("")
        counts = {}
        try:
            for _, name in await self.tags():
                if name.startswith(start):
                    counts[name[len(start) :]] = counts.get(name[len(start) :], 0) + 1
        except Exception:
            return None
        return counts
