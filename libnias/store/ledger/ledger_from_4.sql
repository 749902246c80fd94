-- From schema 4 of ledger.db to schema 5: a task's own lease, and the highest number of its attempts.
ALTER TABLE task_heads ADD COLUMN lease_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE living ADD COLUMN issued INTEGER NOT NULL DEFAULT 0;
DROP VIEW IF EXISTS tasks;
