-- What the restored database needs beside itself, as SQL for a superuser of another server; in order. A role of that name, if
-- any, is in the first column: where it exists already, the statement that makes it is left out.
WITH RECURSIVE this AS (
    SELECT d.oid, d.datname, d.datdba, d.datacl FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()
),
seeds AS (
    SELECT s.refobjid AS oid
    FROM pg_catalog.pg_shdepend AS s, this
    WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass
      AND (s.dbid = this.oid OR s.dbid = 0 AND s.classid = 'pg_catalog.pg_database'::regclass AND s.objid = this.oid)
    UNION
    SELECT s.setrole FROM pg_catalog.pg_db_role_setting AS s, this WHERE s.setdatabase = this.oid AND s.setrole <> 0
    UNION
    SELECT datdba FROM this
    UNION
    -- What the first superuser owns is not in pg_shdepend.
    SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname IN (current_user, session_user) OR r.oid = 10
),
wanted AS (
    SELECT oid FROM seeds
    UNION
    SELECT m.roleid FROM wanted AS w JOIN pg_catalog.pg_auth_members AS m ON m.member = w.oid
),
roles AS (
    SELECT r.*, pg_catalog.quote_ident(r.rolname) AS name
    FROM pg_catalog.pg_roles AS r
    WHERE r.oid IN (SELECT oid FROM wanted)
),
-- What a migration may name though the database does not refer to it yet.
others AS (
    SELECT r.*, pg_catalog.quote_ident(r.rolname) AS name
    FROM pg_catalog.pg_roles AS r
    WHERE r.oid NOT IN (SELECT oid FROM wanted) AND r.rolname !~ '^pg_'
    ORDER BY r.rolname
    LIMIT 5000
),
known AS (
    SELECT oid, name FROM roles
    UNION ALL
    SELECT oid, name FROM others
    UNION ALL
    SELECT r.oid, r.rolname::text
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname ~ '^pg_' AND r.oid NOT IN (SELECT oid FROM wanted)
),
grants AS (
    SELECT a.grantee, a.privilege_type, a.is_grantable
    FROM this CROSS JOIN LATERAL pg_catalog.aclexplode(this.datacl) AS a
),
statements AS (
    SELECT 1 AS step, rolname::text AS role,
           'CREATE ROLE ' || name
           || CASE WHEN rolsuper THEN ' SUPERUSER' ELSE '' END || CASE WHEN rolinherit THEN '' ELSE ' NOINHERIT' END
           || CASE WHEN rolcreaterole THEN ' CREATEROLE' ELSE '' END || CASE WHEN rolcreatedb THEN ' CREATEDB' ELSE '' END
           || CASE WHEN rolcanlogin THEN ' LOGIN' ELSE '' END || CASE WHEN rolreplication THEN ' REPLICATION' ELSE '' END
           || CASE WHEN rolbypassrls THEN ' BYPASSRLS' ELSE '' END
           || CASE WHEN rolconnlimit >= 0 THEN ' CONNECTION LIMIT ' || rolconnlimit ELSE '' END AS sql
    FROM roles
    WHERE rolname !~ '^pg_'
    UNION ALL
    SELECT 1, rolname::text,
           'CREATE ROLE ' || name || ' NOLOGIN'
           || CASE WHEN rolinherit THEN '' ELSE ' NOINHERIT' END
           || CASE WHEN rolcreaterole THEN ' CREATEROLE' ELSE '' END || CASE WHEN rolcreatedb THEN ' CREATEDB' ELSE '' END
           || CASE WHEN rolreplication THEN ' REPLICATION' ELSE '' END || CASE WHEN rolbypassrls THEN ' BYPASSRLS' ELSE '' END
           || CASE WHEN rolconnlimit >= 0 THEN ' CONNECTION LIMIT ' || rolconnlimit ELSE '' END
    FROM others
    UNION ALL
    SELECT 2, NULL,
           'GRANT ' || g.name || ' TO ' || m.name || CASE WHEN a.admin_option THEN ' WITH ADMIN OPTION' ELSE '' END
           || CASE
                  WHEN pg_catalog.to_jsonb(a) ->> 'inherit_option' = 'false'
                  THEN CASE WHEN a.admin_option THEN ', INHERIT FALSE' ELSE ' WITH INHERIT FALSE' END
                  ELSE ''
              END
    FROM pg_catalog.pg_auth_members AS a
    JOIN known AS g ON g.oid = a.roleid
    JOIN known AS m ON m.oid = a.member
    UNION ALL
    SELECT 3, NULL, 'ALTER DATABASE $database OWNER TO ' || roles.name FROM this JOIN roles ON roles.oid = this.datdba
    UNION ALL
    SELECT 4, NULL, 'REVOKE ALL ON DATABASE $database FROM PUBLIC' FROM this WHERE datacl IS NOT NULL
    UNION ALL
    SELECT 5, NULL,
           'GRANT ' || privilege_type || ' ON DATABASE $database TO '
           || CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END
           || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM grants
    WHERE grantee = 0 OR grantee IN (SELECT oid FROM roles)
    UNION ALL
    -- A list of names is quoted as one: it has to go through the session.
    SELECT 6, NULL,
           CASE
               WHEN setting.name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
               THEN 'SELECT pg_catalog.set_config(' || pg_catalog.quote_literal(setting.name) || ', '
                    || pg_catalog.quote_literal(setting.value) || ', false); ' || target || ' SET '
                    || pg_catalog.quote_ident(setting.name) || ' FROM CURRENT; RESET ' || pg_catalog.quote_ident(setting.name)
               ELSE target || ' SET ' || setting.name || ' TO ' || pg_catalog.quote_literal(setting.value)
           END
    FROM pg_catalog.pg_db_role_setting AS s
    CROSS JOIN this
    LEFT JOIN roles ON roles.oid = s.setrole
    CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (line)
    CROSS JOIN LATERAL (
        SELECT pg_catalog.split_part(c.line, '=', 1) AS name,
               pg_catalog.substr(c.line, pg_catalog.strpos(c.line, '=') + 1) AS value
    ) AS setting
    CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN s.setrole = 0 THEN 'ALTER DATABASE $database'
                   ELSE 'ALTER ROLE ' || roles.name || CASE WHEN s.setdatabase = 0 THEN '' ELSE ' IN DATABASE $database' END
               END AS target
    ) AS t
    WHERE (s.setdatabase = this.oid AND (s.setrole = 0 OR roles.oid IS NOT NULL))
       OR (s.setdatabase = 0 AND roles.oid IS NOT NULL)
)
SELECT role, sql, step >= 6, step = 1 AND role IN (SELECT rolname::text FROM others) FROM statements ORDER BY step, sql
