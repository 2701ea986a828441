DROP TABLE upstream_tokens;
DROP TABLE upstream_logouts;
DROP TABLE upstream_sessions;
