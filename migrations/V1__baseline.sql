-- What:  the schema exactly as found in production, before pgrefit.
-- Why:   the common ground of every installation. An existing database is adopted at this version after its catalog
--        was compared with this file; the file itself runs only on an empty database.
-- Locks: nothing that anyone could wait for; all objects are new. Milliseconds.
-- Data:  none. The rows of the application's own `migration_history` belong to the application and are not invented
--        here.
-- Needs: pgvector. CREATE EXTENSION asks for superuser rights unless the extension is marked trusted or already
--        there.
CREATE EXTENSION IF NOT EXISTS vector;

CREATE TYPE doc_type AS ENUM ('rust', 'jupyter', 'birdeye', 'cilium', 'talos', 'meteora', 'raydium', 'solana', 'ebpf', 'rust_best_practices');
CREATE TYPE job_status AS ENUM ('queued', 'running', 'completed', 'failed', 'cancelled');

CREATE TABLE documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    doc_type doc_type NOT NULL,
    source_name varchar(255) NOT NULL,
    doc_path text NOT NULL,
    content text NOT NULL,
    metadata jsonb DEFAULT '{}',
    embedding vector(3072),
    token_count integer,
    created_at timestamptz DEFAULT current_timestamp,
    updated_at timestamptz DEFAULT current_timestamp,
    UNIQUE (doc_type, source_name, doc_path)
);

CREATE TABLE document_sources (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    doc_type doc_type NOT NULL,
    source_name varchar(255) NOT NULL,
    version varchar(50),
    config jsonb DEFAULT '{}',
    enabled boolean DEFAULT true,
    last_updated timestamptz DEFAULT current_timestamp,
    total_docs integer DEFAULT 0,
    total_tokens integer DEFAULT 0,
    created_at timestamptz DEFAULT current_timestamp,
    updated_at timestamptz DEFAULT current_timestamp,
    UNIQUE (doc_type, source_name)
);

CREATE TABLE crate_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    crate_name varchar(255) NOT NULL,
    operation varchar(50) NOT NULL CHECK (operation IN ('add_crate', 'remove_crate')),
    status job_status DEFAULT 'queued',
    progress integer CHECK (progress BETWEEN 0 AND 100),
    error text,
    started_at timestamptz DEFAULT current_timestamp,
    finished_at timestamptz,
    created_at timestamptz DEFAULT current_timestamp,
    updated_at timestamptz DEFAULT current_timestamp
);

-- The application's own, earlier history table: several generations disagree about its columns; rows may say 'failed' or 'running'.
CREATE TABLE migration_history (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    migration_id varchar(255) NOT NULL,
    version varchar(50) NOT NULL,
    status text NOT NULL,
    applied_at timestamptz DEFAULT current_timestamp,
    execution_time_ms bigint NOT NULL DEFAULT 0,
    error_message text,
    applied_by varchar(255) NOT NULL DEFAULT 'system',
    checksum varchar(64) NOT NULL
);

CREATE INDEX idx_documents_doc_type ON documents (doc_type);
CREATE INDEX idx_documents_source_name ON documents (source_name);
CREATE INDEX idx_documents_created_at ON documents (created_at);
CREATE INDEX idx_documents_updated_at ON documents (updated_at);
CREATE INDEX idx_document_sources_doc_type ON document_sources (doc_type);
CREATE INDEX idx_document_sources_enabled ON document_sources (enabled);
CREATE INDEX idx_document_sources_last_updated ON document_sources (last_updated);
CREATE INDEX idx_crate_jobs_crate_name ON crate_jobs (crate_name);
CREATE INDEX idx_crate_jobs_status ON crate_jobs (status);
CREATE INDEX idx_migration_history_migration_id ON migration_history (migration_id);

CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = current_timestamp;
    RETURN NEW;
END $$;
CREATE TRIGGER update_documents_updated_at BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_document_sources_updated_at BEFORE UPDATE ON document_sources FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE VIEW rust_documents AS SELECT * FROM documents WHERE doc_type = 'rust';
CREATE VIEW active_sources AS SELECT * FROM document_sources WHERE enabled;
