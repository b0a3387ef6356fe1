"""The applications that can be measured. Each has an adapter: how a page is read, a row written, a file kept."""

from nextcloud import Nextcloud
from sample import Sample

applications = {"sample": Sample, "nextcloud": Nextcloud}
