DROP TABLE upstream_ended;
