"""Nextcloud: WebDAV for files, contacts as rows of the database (no file is touched, and who made one may remove it), OCS for the login."""

import json
import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import quote, unquote

import aiohttp

from base import Application
from problem import Problem
from visitor import ask

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}\r\nFN:{0}\r\nEND:VCARD\r\n"
OCS = {"OCS-APIRequest": "true", "Accept": "application/json"}


class Nextcloud(Application):
    async def log_in(self):
        for visitor in self.visitors:
            _, _, page = await ask(visitor, None, "GET", "/index.php/login", (200,))
            token = re.search(rb'data-requesttoken="([^"]+)"', page)
            if not token:
                raise Problem("the login page has no token")
            # "Stay logged in" is ticked unless the visitor changes it.
            form = {"user": self.user, "password": self.password, "rememberme": "1", "requesttoken": token[1].decode()}
            # The form is only taken from the site's own pages.
            await ask(visitor, None, "POST", "/index.php/login", (303,), data=form, headers={"Origin": self.base})
        # A password of its own for programs: the visitor's is hashed slowly, with each request.
        _, body = await self.insist("GET", "/ocs/v2.php/core/getapppassword", headers_too=OCS)
        self.auth = {"Authorization": aiohttp.BasicAuth(self.user, json.loads(body)["ocs"]["data"]["apppassword"]).encode()}

    async def clean(self):
        files = [path for path in await self.listed(self.path_of("")) if path.rsplit("/", 1)[-1].startswith("drill-")]
        cards = [path for path in await self.listed(self.contacts()) if " row " in unquote(path)]
        await self.remove(files + cards)

    async def listed(self, folder):
        """Paths of what is in a folder, and its own."""
        _, body = await self.insist("PROPFIND", folder, (207,), headers_too={"Depth": "1"})
        return [element.text for element in ElementTree.fromstring(body).iter("{DAV:}href")]

    def contacts(self):
        return f"/remote.php/dav/addressbooks/users/{self.user}/contacts/"

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
        data = json.loads(body)["ocs"]["data"]
        # Who is not logged in gets an empty list.
        if not data or data["id"] != self.user:
            raise Problem("session lost")

    async def add_row(self, text, trace):
        headers = self.auth | {"Content-Type": "text/vcard; charset=utf-8"}
        path = f"{self.contacts()}{quote(text)}.vcf"
        await ask(self.connections.new, trace, "PUT", path, (201, 204), data=CARD.format(text), headers=headers)

    async def find_rows(self, _numbers):
        start = self.row_text("")
        try:
            names = [unquote(path.rsplit("/", 1)[-1]) for path in await self.listed(self.contacts())]
        except Exception:
            return None
        return {name[len(start) : -len(".vcf")]: 1 for name in names if name.startswith(start)}
