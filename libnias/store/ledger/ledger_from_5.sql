-- From schema 5 of ledger.db to schema 6: groups of tasks, and failures after which a task runs again.
ALTER TABLE task_heads ADD COLUMN task_group BLOB;
ALTER TABLE task_heads ADD COLUMN group_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task_heads ADD COLUMN max_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE living ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
DROP VIEW IF EXISTS tasks;
