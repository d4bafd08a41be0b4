"""HTTP that is not GraphQL: GraphiQL's page, and what a supervisor asks about health."""

from web.graphiql import graphiql_routes
from web.health import health_routes

__all__ = ["graphiql_routes", "health_routes"]
