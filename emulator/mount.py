"""Under which prefix everything is, and which host URLs name."""

from dataclasses import dataclass

from emulator.domain import Reason, Refused
from emulator.messages import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A place for an API that is not at the root of its host, or is to name another host."""

    prefix: str = ""
    url_host: str | None = None
    """A host, or a scheme and a host."""

    def placed(self, request: Request) -> Request:
        """Return a request as the API sees it; refuse one that is not below the prefix."""
        if not self.prefix and self.url_host is None:
            return request
        if not request.path.startswith(f"{self.prefix}/"):
            raise Refused(Reason.NO_SUCH_RESOURCE, request.path)
        origin = self._origin(request.origin)
        return request._replace(path=request.path[len(self.prefix) :], origin=origin)

    def _origin(self, asked: str) -> str:
        """Return what URLs in the answer start with."""
        if self.url_host is None:
            return f"{asked}{self.prefix}"
        scheme, _, place = asked.partition("://")
        _, slash, under = place.partition("/")
        host = self.url_host if "://" in self.url_host else f"{scheme}://{self.url_host}"
        return f"{host}{slash}{under}{self.prefix}"
