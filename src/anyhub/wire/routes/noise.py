"""The server itself, what clients send without waiting for an answer, and what this version does not have."""

from __future__ import annotations

from anyhub.wire.routes.route import Method, Needs, Route

_METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")

_XET = "Transfers by Xet (set HF_HUB_DISABLE_XET=1 to do without)"

_UNBUILT = (
    ("buckets", "/api/buckets/{path*}", "Buckets"),
    ("jobs", "/api/jobs/{path*}", "Jobs"),
    ("scheduled_jobs", "/api/scheduled-jobs/{path*}", "Scheduled jobs"),
    ("kernels", "/api/kernels/{path*}", "Repositories of kernels"),
    ("papers", "/api/papers/{path*}", "Papers"),
    ("daily_papers", "/api/daily_papers", "Daily papers"),
    ("xet_write", "/api/{type}/{namespace}/{name}/xet-write-token/{revision}", _XET),
    ("xet_read", "/api/{type}/{namespace}/{name}/xet-read-token/{revision}", _XET),
    ("croissant", "/api/datasets/{namespace}/{name}/croissant", "Descriptions by Croissant"),
    ("parquet", "/api/datasets/{namespace}/{name}/parquet", "Conversions to Parquet"),
    ("parquet_files", "/api/datasets/{namespace}/{name}/parquet/{path*}", "Conversions to Parquet"),
    ("space_hardware", "/api/spaces/hardware", "Hardware for spaces"),
    ("space_templates", "/api/spaces/templates", "Templates of spaces"),
    ("space_search", "/api/spaces/semantic-search", "Searches by meaning"),
    ("space_quota", "/api/spaces/zero-gpu/quota", "Hardware for spaces"),
    ("space_runtime", "/api/spaces/{namespace}/{name}/runtime", "Running spaces"),
    ("space_secrets", "/api/spaces/{namespace}/{name}/secrets", "Running spaces"),
    ("space_variables", "/api/spaces/{namespace}/{name}/variables", "Running spaces"),
    ("space_volumes", "/api/spaces/{namespace}/{name}/volumes", "Running spaces"),
    ("space_machine", "/api/spaces/{namespace}/{name}/hardware", "Running spaces"),
    ("space_sleep", "/api/spaces/{namespace}/{name}/sleeptime", "Running spaces"),
    ("space_pause", "/api/spaces/{namespace}/{name}/pause", "Running spaces"),
    ("space_restart", "/api/spaces/{namespace}/{name}/restart", "Running spaces"),
    ("space_dev_mode", "/api/spaces/{namespace}/{name}/dev-mode", "Running spaces"),
    ("space_logs", "/api/spaces/{namespace}/{name}/logs/{path*}", "Running spaces"),
    ("resource_groups", "/api/organizations/{organization}/resource-groups", "Resource groups"),
    ("scim", "/api/organizations/{organization}/scim/{path*}", "Directories by SCIM"),
    ("resource_groups_all", "/api/resource-groups", "Resource groups"),
    ("resource_group", "/api/resource-groups/{path*}", "Resource groups"),
    ("scim_all", "/api/scim/v2/{path*}", "Directories by SCIM"),
    ("inference_endpoints_all", "/api/inference-endpoints", "Inference endpoints"),
    ("inference_endpoints", "/api/inference-endpoints/{path*}", "Inference endpoints"),
    ("leaderboard", "/api/datasets/{namespace}/{name}/leaderboard", "Leaderboards"),
    ("tasks", "/api/tasks", "Descriptions of tasks"),
    ("inference", "/api/partners/{path*}", "Inference providers"),
    ("sandboxes", "/v1/sandboxes/{path*}", "Sandboxes"),
    ("registry", "/v2/{path*}", "Containers"),
)


def _unbuilt(name: str, template: str, what: str) -> tuple[Route, ...]:
    return tuple(
        Route(
            f"unbuilt.{name}.{method.lower()}",
            method,
            template,
            Needs.NOTHING,
            f"{what}: this server does not have them.",
            unbuilt=True,
        )
        for method in _METHODS
    )


ROUTES = (
    Route("server.home", "GET", "/", Needs.NOTHING, "Say what this is, and how to use it."),
    Route("server.health", "GET", "/health", Needs.NOTHING, "Say that the server answers."),
    Route("server.openapi", "GET", "/openapi.json", Needs.NOTHING, "Describe this API."),
    Route("noise.telemetry", "GET", "/api/telemetry/{path*}", Needs.NOTHING, "Take no notice."),
    Route(
        "noise.telemetry_sent",
        "POST",
        "/v1/telemetry",
        Needs.NOTHING,
        "Take no notice.",
        body={"type": "string", "format": "binary"},
        content_type="application/octet-stream",
    ),
    Route("noise.harnesses", "GET", "/api/agent-harnesses", Needs.NOTHING, "List nothing."),
    *(route for each in _UNBUILT for route in _unbuilt(*each)),
)
