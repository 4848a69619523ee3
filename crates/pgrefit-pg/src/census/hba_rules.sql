SELECT h.line_number AS line, [[pg_hba_file_rules.file_name ? h.file_name : NULL::text]] AS file, h.type AS kind,
       coalesce(h.database, '{}') AS databases, coalesce(h.user_name, '{}') AS users, h.address, h.netmask, h.auth_method AS method,
       h.error
FROM pg_hba_file_rules h
