-- Milliseconds, once the lock is granted; everybody queues behind it until then.
ALTER TABLE documents ADD COLUMN lang text NOT NULL DEFAULT 'en';
