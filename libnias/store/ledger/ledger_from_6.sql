-- From schema 6 of ledger.db to schema 7: attempts that were lost from sight, and may be taken back after a restart.
ALTER TABLE living ADD COLUMN open TEXT NOT NULL DEFAULT '';
