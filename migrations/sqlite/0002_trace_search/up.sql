-- The trace is searched by app, by person and by address, newest first.
CREATE INDEX traces_by_client ON traces (client_id, id);
CREATE INDEX traces_by_user ON traces (user_id, id);
CREATE INDEX traces_by_address ON traces (address, id);
