"""GraphQL over HTTP: POST with a JSON body, one operation, one answer.

No GET, no multipart, no batches: each would be a way round a limit. The access token comes in ``Authorization``, the purpose in
``Onefold-Purpose``; without a valid token nothing is parsed, introspection included. Answers are never cached.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

import resolvers
from resolvers import ApiError, ApiParts, Caller, ErrorCode, TimedOut
from schema.build import SCHEMA
from schema.errors import codes, drops_data, internal_message, log_unexpected, present, refusal
from schema.metrics import REFUSED
from storage import TRACEPARENT, Work, begin, span

MAX_BODY_BYTES = 1024 * 1024
PURPOSE_HEADER = "Onefold-Purpose"
REQUEST_ID_HEADER = "X-Request-Id"
_JSON = "application/json"
_GRAPHQL_JSON = "application/graphql-response+json"
_THREADS = 8
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_STATUS = {
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.TOKEN_EXPIRED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN_PURPOSE: HTTPStatus.FORBIDDEN,
    ErrorCode.TIMEOUT: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Question(msgspec.Struct, frozen=True, rename={"operation_name": "operationName"}):
    """The body of a request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON body."""

    status: HTTPStatus
    body: dict[str, Any]


class _RefusedError(Exception):
    """The request is not one that GraphQL could answer."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


def graphql_route(api: ApiParts) -> list[BaseRoute]:
    """The route ``/graphql``."""
    return [Route("/graphql", _Endpoint(api))]


def ask(api: ApiParts, caller: Caller, question: Question) -> dict[str, Any]:
    """Answer one question; what it has seen is in the audit log when this returns."""
    return resolvers.answer(api, caller, partial(_execute, question))


def _execute(question: Question, request: resolvers.Request) -> dict[str, Any]:
    request_id = request.caller.request_id
    try:
        result = SCHEMA.execute_sync(
            question.query,
            variable_values=question.variables,
            context_value=request,
            operation_name=question.operation_name,
            allowed_operation_types=[OperationType.QUERY, OperationType.MUTATION],
        )
    except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError):
        return refusal(ErrorCode.INVALID_QUERY, "the document has no such query or mutation", request_id=request_id)
    if not result.errors:
        return {"data": result.data}
    errors = present(result.errors, request_id=request_id)
    # Errors of a document that was not executed come without data, even without a null.
    is_executed = any("path" in error for error in errors)
    if not is_executed:
        return {"errors": errors}
    return {"data": None if drops_data(result.errors) else result.data, "errors": errors}


class _Endpoint:
    """The ASGI application behind the route; at most ``_THREADS`` questions are answered at once, the others wait."""

    def __init__(self, api: ApiParts) -> None:
        self._api = api
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="graphql")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        with contextlib.suppress(ClientDisconnect):
            response = await self._respond(request)
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        request_id = uuid.uuid4().hex
        work = begin("onefold.graphql", "server", _context(request), {"onefold.request_id": request_id})
        with work.inside():  # ends it, too, when the caller goes away
            response = await self._respond_to(request, request_id, work)
        method = request.method if request.method in _METHODS else "_OTHER"  # anything may stand there
        work.note({"http.request.method": method, "http.response.status_code": response.status_code})
        work.end("" if response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else str(response.status_code))
        return response

    async def _respond_to(self, request: Request, request_id: str, work: Work) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/graphiql", HTTPStatus.SEE_OTHER)
        try:
            answer = await self._answer(request, request_id, work)
        except ClientDisconnect:
            raise
        except _RefusedError as error:
            answer = Answer(error.status, refusal(ErrorCode.BAD_REQUEST, str(error), request_id=request_id))
        except ApiError as error:
            status = _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
            answer = Answer(status, refusal(error.code, str(error), request_id=request_id))
        except Exception as error:  # noqa: BLE001  whatever it is, the caller hears nothing of it but the request's id
            log_unexpected(error, request_id=request_id)
            body = refusal(ErrorCode.INTERNAL, internal_message(request_id), request_id=request_id)
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, body)
        if answer.status is not HTTPStatus.OK:
            REFUSED.labels(str(answer.status.value)).inc()
        return _response(answer, request, request_id)

    async def _answer(self, request: Request, request_id: str, work: Work) -> Answer:
        if request.method != "POST":
            raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, "send GraphQL by POST; GraphiQL is at /graphiql")
        headers = request.headers
        caller = resolvers.authenticate(
            self._api, headers.get("authorization"), headers.get(PURPOSE_HEADER), request_id=request_id
        )
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send the query as {_JSON}")
        question = _question(await _body(request))
        body = await self._in_thread(partial(_traced, work, partial(ask, self._api, caller, question)))
        return Answer(_status(body, request), body)

    async def _in_thread(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Run ``work`` beside the event loop; a thread that is given up on stops at its next look at the time."""
        running = asyncio.get_running_loop().run_in_executor(self._threads, work)
        try:
            return await asyncio.wait_for(running, self._api.limits.seconds)
        except TimeoutError:
            raise TimedOut from None


def _traced(work: Work, answer: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Answer in this thread as a part of the request's work."""
    with work.inside(ends=False), span("onefold.execute"):
        return answer()


def _context(request: Request) -> list[str]:
    found = request.headers.get(TRACEPARENT)
    return [found] if found else []


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request holds at most {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _question(body: bytes) -> Question:
    try:
        return msgspec.json.decode(body, type=Question)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # its message may quote the body
    raise _RefusedError(
        HTTPStatus.BAD_REQUEST, "the body must be one JSON object with query, variables and operationName"
    )


def _status(body: dict[str, Any], request: Request) -> HTTPStatus:
    """200 for whatever was executed; a refused document is 400 to those who accept the newer media type."""
    if "data" in body or not _is_graphql_json(request):
        return HTTPStatus.OK
    return (
        HTTPStatus.INTERNAL_SERVER_ERROR
        if ErrorCode.INTERNAL.value in codes(body["errors"])
        else HTTPStatus.BAD_REQUEST
    )


def _is_graphql_json(request: Request) -> bool:
    return _GRAPHQL_JSON in request.headers.get("accept", "")


def _response(answer: Answer, request: Request, request_id: str) -> Response:
    headers = {REQUEST_ID_HEADER: request_id, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = "POST"
    if answer.status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    media_type = _GRAPHQL_JSON if _is_graphql_json(request) else _JSON
    return Response(msgspec.json.encode(answer.body), answer.status, headers, f"{media_type}; charset=utf-8")
