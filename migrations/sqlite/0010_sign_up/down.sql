-- Takes back what up.sql made. Letters that were asked for and not yet written, and who accepted which terms, are lost.
DROP TABLE accepted_terms;
DROP TABLE link_requests;
