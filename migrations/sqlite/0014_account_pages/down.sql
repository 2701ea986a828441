ALTER TABLE attributes DROP COLUMN self_editable;
ALTER TABLE users DROP COLUMN picture;
DROP TABLE pictures;
