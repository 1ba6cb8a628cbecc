"""Names of this machine that only it can call, and names by which others may call it."""

from __future__ import annotations

import ipaddress
import re

from reswd_torch.errors import InputError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""The names by which a person on this machine calls it."""
# RFC 1123, section 2.1: letters, digits and hyphens, 63 of them a label; underscores are common in networks of containers.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)


def plain_name(host: str) -> str:
    """A host as it is compared: in small letters, without the brackets of an IPv6 address and the dot of the root.

    Args:
        host: a name or an address, without a port.
    """
    name = host.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name


def is_loopback(host: str) -> bool:
    """Whether only this machine can call a host: ``localhost``, a name below it (RFC 6761, section 6.3), or an address that
    is looped back (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3)."""
    name = plain_name(host)
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def checked_name(host: str) -> str:
    """A host name that a person gave, as it is compared.

    Raises:
        InputError: it is an address of a page, has a port, or is no name that a host can have.
    """
    name = plain_name(host)
    try:
        ipaddress.ip_address(name)
        return name
    except ValueError:
        pass
    if len(name) > 253 or not all(map(_LABEL.fullmatch, name.split("."))):
        raise InputError(
            f"{host[:80]!r} is not the name of a host: give it without https://, port and path, such as studio.example.org"
        )
    return name
