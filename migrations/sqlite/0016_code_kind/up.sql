-- What the code was that a session was proven with, if it was one: for changes of factors they are not worth the same.
ALTER TABLE sessions ADD COLUMN code_kind TEXT CHECK (code_kind IN ('app', 'recovery', 'mail'));
