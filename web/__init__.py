"""HTTP that is not GraphQL: GraphiQL's page, what a supervisor asks about health, what Prometheus reads."""

from web.graphiql import graphiql_routes
from web.health import Unready, health_routes
from web.index import index_routes
from web.metrics import metrics_routes

__all__ = ["Unready", "graphiql_routes", "health_routes", "index_routes", "metrics_routes"]
